// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "windtunnel", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "Flight", package: "windtunnel"),
                .product(name: "Simulation", package: "windtunnel"),
                .product(name: "Upstream", package: "windtunnel"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        // A separate program, because counting allocations slows them down.
        .executableTarget(
            name: "policies",
            dependencies: [
                "CAllocations", .product(name: "APIClient", package: "windtunnel"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .target(name: "CAllocations"),
        // A server on MockUpstream, and the same server in plain C.
        .executableTarget(
            name: "server-bench",
            dependencies: [
                .product(name: "MockUpstream", package: "windtunnel"),
                .product(name: "Upstream", package: "windtunnel"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        // Checks that memory and descriptors do not grow.
        .executableTarget(
            name: "soak",
            dependencies: [
                .product(name: "APIClient", package: "windtunnel"),
                .product(name: "CurlTransport", package: "windtunnel"),
                .product(name: "MockUpstream", package: "windtunnel"),
                .product(name: "Upstream", package: "windtunnel"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "server-floor", linkerSettings: [.linkedLibrary("microhttpd")]),
        // Compares the client over real sockets with plain C.
        .executableTarget(
            name: "sockets",
            dependencies: [
                "CSockets",
                .product(name: "APIClient", package: "windtunnel"),
                .product(name: "CurlTransport", package: "windtunnel"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .target(name: "CSockets", linkerSettings: [.linkedLibrary("curl")]),
        .executableTarget(
            name: "sockets-server", linkerSettings: [.linkedLibrary("microhttpd")]),
    ],
    swiftLanguageModes: [.v6]
)
