// Says which library it runs with.
#include <cstdio>
#include <string>

#include <remotemedia.hpp>

int main() {
    const remotemedia::Runtime runtime;
    std::printf("remotemedia %s\n", std::string(remotemedia::library_version()).c_str());
}
