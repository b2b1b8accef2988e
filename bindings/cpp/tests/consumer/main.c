/* Says which library it runs with. */
#include <stdio.h>

#include <remotemedia.h>

int main(void) {
    rm_str_t version = rm_version_text();
    printf("remotemedia %.*s\n", (int)version.len, version.data);
    return 0;
}
