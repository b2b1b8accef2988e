// Packages: opened, run, and refused by status. The arguments are a folder with packages and the home of the user who
// trusts some of them; or that folder, a reference to a registry, and the statuses that opening it offline and asking
// the registry come to.
#include <cstdio>
#include <string>

#include "check.hpp"

using remotemedia::Package;
using remotemedia::PackageConfig;
using remotemedia::Packet;
using remotemedia::Pipeline;
using remotemedia::Runtime;
using remotemedia::Status;

namespace {

struct Shop {
    std::string folder, home;

    explicit Shop(std::string path) : folder(std::move(path)), home(folder + "/home") {}

    PackageConfig config() const {
        PackageConfig config;
        config.home = home;
        return config;
    }

    Package open(const std::string &name) const { return Package::open(folder + "/" + name, config()); }
};

void doubles(const Pipeline &pipeline) {
    const auto session = pipeline.open_session();
    session.push(Packet::of(3));
    session.close();
    int count = 0;
    for (const Packet &packet : session.packets()) {
        CHECK(packet.as_int() == 6);
        count++;
    }
    CHECK(count == 1);
}

void packages_run_and_so_do_those_that_are_nodes(const Runtime &runtime, const Shop &shop) {
    doubles(runtime.open_pipeline(shop.open("double.rmpkg").share()));
    doubles(runtime.open_pipeline(shop.open("outer.rmpkg")));
    const std::string manifest = one_node("Pipeline", R"({"package": "double.rmpkg"})");
    doubles(runtime.open_pipeline_in(shop.folder, manifest, shop.config()));
}

void what_is_not_to_be_believed_is_not_opened(const Runtime &runtime, const Shop &shop) {
    const auto refused = [&](const char *name) { return thrown([&] { return shop.open(name); }).status(); };
    CHECK(refused("unsigned.rmpkg") == Status::package_unsigned);
    CHECK(refused("untrusted.rmpkg") == Status::package_untrusted);
    CHECK(refused("tampered.rmpkg") == Status::package_tampered);
    CHECK(refused("manifest.json") == Status::package);
    CHECK(refused("missing.rmpkg") == Status::package_io);
    const Package reaching = shop.open("reaching.rmpkg");
    const auto error = thrown([&] { return runtime.open_pipeline(reaching); });
    CHECK(error.status() == Status::package_foreign && has(error.what(), "\"out\" (WavSink)"));
    PackageConfig trusting = shop.config();
    trusting.trust_native = true;
    (void)runtime.open_pipeline(Package::open(shop.folder + "/reaching.rmpkg", trusting));
}

void opens(const Runtime &runtime, const Shop &shop, const std::string &reference, bool is_offline, Status expected) {
    PackageConfig config = shop.config();
    config.offline = is_offline;
    if (expected == Status::ok) {
        doubles(runtime.open_pipeline(Package::open(reference, config)));
    } else {
        CHECK(thrown([&] { return Package::open(reference, config); }).status() == expected);
    }
}

} // namespace

int main(int argc, char **argv) {
    CHECK(argc == 2 || argc == 5);
    const Runtime runtime;
    const Shop shop(argv[1]);
    if (argc == 5) {
        opens(runtime, shop, argv[2], true, static_cast<Status>(std::atoi(argv[3])));
        opens(runtime, shop, argv[2], false, static_cast<Status>(std::atoi(argv[4])));
        return 0;
    }
    packages_run_and_so_do_those_that_are_nodes(runtime, shop);
    what_is_not_to_be_believed_is_not_opened(runtime, shop);
    std::printf("%s\n", runtime.inspect(shop.open("outer.rmpkg")).c_str());
}
