/* Where the system gives no more threads there is an error, and no half-made runtime. */
#include <sys/resource.h>

#include "check.h"

int main(void) {
    const struct rlimit limit = {UINT64_C(2) << 30, UINT64_C(2) << 30};
    rm_runtime_config_t config = RM_RUNTIME_CONFIG_INIT;
    rm_runtime_t *runtime = NULL;
    rm_error_t *error = NULL;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    config.workers = 1024;
    CHECK(rm_runtime_new(&config, &runtime, &error) == RM_STATUS_EXHAUSTED && runtime == NULL);
    CHECK(has_text(rm_error_message(error), "cannot start 1024 worker threads"));
    rm_error_release(error);
    config.workers = 1;
    CHECK_OK(rm_runtime_new(&config, &runtime, why));
    rm_runtime_release(runtime);
    return 0;
}
