// swift-tools-version: 6.2
import PackageDescription

// Build with `run`, which adds the flags for all modules. The flags of a root package do not apply
// to its dependencies, and the fuzzer only sees code that was built with them.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
]

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "windtunnel", path: "..")],
    targets: [
        .systemLibrary(name: "CFuzz"),
        .target(name: "Harness", dependencies: ["CFuzz"], swiftSettings: settings),
        .executableTarget(
            name: "json",
            dependencies: ["Harness", .product(name: "APIClient", package: "windtunnel")],
            swiftSettings: settings),
        .executableTarget(
            name: "http",
            dependencies: [
                "Harness",
                .product(name: "APIClient", package: "windtunnel"),
                .product(name: "Upstream", package: "windtunnel"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "scenario",
            dependencies: ["Harness", .product(name: "Flight", package: "windtunnel")],
            swiftSettings: settings),
        .executableTarget(
            name: "trace",
            dependencies: ["CFuzz", "Harness", .product(name: "Flight", package: "windtunnel")],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
