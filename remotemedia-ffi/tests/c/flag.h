/* Sessions of nodes in Python that count in a flag when they are done. */
#ifndef FLAG_H
#define FLAG_H

#include <stdatomic.h>

#include "python.h"

/* A session of a class of the module `lingering`, which has taken an item. */
static inline rm_session_t *session_with_flag(const rm_runtime_t *runtime, const char *class, atomic_int *flag) {
    char manifest[512];
    int len = snprintf(manifest, sizeof manifest, ONE_CLASS("lingering:%s", "{\"address\": %" PRIuPTR "}"),
                       (uintptr_t)flag, class);
    CHECK(len > 0 && (size_t)len < sizeof manifest);
    rm_session_t *session = session_of(runtime, manifest);
    CHECK(int_of(session, 7) == 7);
    return session;
}

#endif
