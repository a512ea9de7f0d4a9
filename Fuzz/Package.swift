// swift-tools-version: 6.2
import PackageDescription

// Built by `run`, which adds the flags for all modules: a root package's own do not reach the
// packages that it depends on, and only code built with them is seen by the fuzzer.
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
