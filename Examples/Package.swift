// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // A custom client stays on the simulation's executor, because an async function stays on its
    // caller's executor.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let flight: [Target.Dependency] = [
    .product(name: "Flight", package: "windtunnel"),
    .product(name: "APIClient", package: "windtunnel"),
    .product(name: "Upstream", package: "windtunnel"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
]

let package = Package(
    name: "examples",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "windtunnel", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .executableTarget(name: "CustomModel", dependencies: flight, swiftSettings: settings),
        .executableTarget(name: "CustomClient", dependencies: flight, swiftSettings: settings),
        .executableTarget(name: "CustomCheck", dependencies: flight, swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
