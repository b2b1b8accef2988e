// swift-tools-version:5.7
import PackageDescription

let examples = ["hello", "echo_audio", "custom_node", "interrupt", "metrics"]

let package = Package(
    name: "RemoteMedia",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [.library(name: "RemoteMedia", targets: ["RemoteMedia"])],
    targets: [
        .systemLibrary(name: "CRemoteMedia", pkgConfig: "remotemedia"),
        .target(name: "RemoteMedia", dependencies: ["CRemoteMedia"]),
    ] + examples.map { .executableTarget(name: $0, dependencies: ["RemoteMedia"], path: "Examples/\($0)") }
)
