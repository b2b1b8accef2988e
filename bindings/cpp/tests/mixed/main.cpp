// One program may have translation units of both kinds: what they call by the same names are different functions.
#include <cstdio>

#include <remotemedia.hpp>

int double_without_exceptions(int number);

int main() {
    const remotemedia::Runtime runtime;
    try {
        (void)runtime.open_pipeline("{");
        return 1;
    } catch (const remotemedia::Error &error) {
        std::printf("%d %s\n", double_without_exceptions(21), std::string(name(error.status())).c_str());
    }
}
