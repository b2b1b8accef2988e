/* A build without Python says so: the functions are there, and what needs it is refused. */
#include "python.h"

int main(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_error_t *error = NULL;
    CHECK(!rm_feature_enabled(RM_STR("cpython")));
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK(rm_runtime_set_python(runtime, NULL, &error) == RM_STATUS_UNSUPPORTED);
    CHECK(has_text(rm_error_message(error), "needs the library's feature \"cpython\""));
    CHECK(has_text(rm_error_message(error), "build remotemedia-ffi with --features cpython"));
    rm_error_release(error);
    CHECK(rm_runtime_set_python_node(runtime, RM_STR("Times"), RM_STR("voices:Times"), NULL) == RM_STATUS_UNSUPPORTED);
    CHECK(rm_pipeline_open(runtime, RM_STR(ONE_CLASS("voices:Times", "{}")), &pipeline, &error) ==
          RM_STATUS_UNSUPPORTED);
    CHECK(has_text(rm_error_message(error), "node node (voices:Times) needs the library's feature \"cpython\""));
    rm_error_release(error);
    rm_runtime_release(runtime);
    return 0;
}
