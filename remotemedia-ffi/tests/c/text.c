/* Text of a program, as the library is told of it. */
#include "check.h"

static const char ARRAY[] = "a text that is longer than a pointer";

int main(void) {
    const char *pointer = ARRAY;
    CHECK(is_text(RM_STR("a text that is longer than a pointer"), ARRAY));
    CHECK(is_text(RM_STR(ARRAY), ARRAY));
    CHECK(is_text(rm_str(pointer), ARRAY) && rm_str(pointer).data == pointer);
    CHECK(rm_str("").len == 0 && rm_str("").data != NULL);
    CHECK(rm_str(NULL).len == 0 && rm_str(NULL).data == NULL);
    CHECK(RM_STR_NONE.len == 0 && RM_STR_NONE.data == NULL);
    return 0;
}
