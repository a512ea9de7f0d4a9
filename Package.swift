// swift-tools-version: 6.2
import PackageDescription

/// Makes warnings errors. `.ci/run` sets the variable. It is off by default, so that the new
/// warnings of a newer compiler do not break a user's build.
let warningsAreErrors = Context.environment["WINDTUNNEL_STRICT"] == "1"

let settings: [SwiftSetting] =
    [
        // `any` marks the places that use dynamic dispatch.
        .enableUpcomingFeature("ExistentialAny"),
        // A type of a C library cannot become part of a public signature by accident.
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        // An async function stays on its caller's executor. There are fewer hops, and debug and
        // release have the same order.
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        // Every use of a pointer must be marked `unsafe`.
        .strictMemorySafety(),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")

let package = Package(
    name: "windtunnel",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "APIClient", targets: ["APIClient"]),
        .library(name: "Upstream", targets: ["Upstream"]),
        .library(name: "Simulation", targets: ["Simulation", "KeyedChance"]),
        .library(name: "SimulatedClient", targets: ["SimulatedClient"]),
        .library(name: "Flight", targets: ["Flight", "ScenarioFile", "Trace", "Report"]),
        .library(name: "MockUpstream", targets: ["MockUpstream"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
        .library(name: "WindtunnelTesting", targets: ["WindtunnelTesting"]),
        .executable(name: "windtunnel", targets: ["windtunnel"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Modules without dependencies inside the package.
        .target(name: "KeyedChance", swiftSettings: settings),
        // A C target instead of a header, because the runtime's hook needs one thread-local
        // variable and one set of functions with Swift's calling convention in the whole process.
        .target(name: "CTaskHooks"),
        // Threads and error texts of the operating system, for modules that call it.
        .target(name: "Platform", swiftSettings: settings),
        .systemLibrary(
            name: "CMicroHTTPD", providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]
        ),
        .systemLibrary(
            name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        // There is no pkgConfig, because it warns about flags that it must not use. The module map
        // links the library.
        .systemLibrary(
            name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),

        // The client and the upstream. Neither depends on the other.
        .target(
            name: "APIClient", dependencies: [httpTypes, logging, metrics], swiftSettings: settings),
        .target(
            name: "Upstream",
            dependencies: [
                "KeyedChance", httpTypes,
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "Simulation", dependencies: ["KeyedChance", "CTaskHooks"], swiftSettings: settings
        ),

        // The server that performs the model's decisions on real sockets.
        .target(
            name: "MockUpstream",
            dependencies: [
                "Upstream", "Platform", "CMicroHTTPD", httpTypes,
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings),
        // The client's transport over real sockets.
        .target(
            name: "CurlTransport",
            dependencies: ["APIClient", "Platform", "CCurl", "CZlib", httpTypes],
            swiftSettings: settings),

        // The modules that combine client and upstream. The first runs the client's interfaces on
        // virtual time, for flights and for tests.
        .target(
            name: "SimulatedClient",
            dependencies: ["APIClient", "Simulation", "KeyedChance", logging, metrics],
            swiftSettings: settings),
        .target(
            name: "ScenarioFile",
            dependencies: [
                "APIClient", "Upstream", "KeyedChance", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Trace",
            dependencies: ["Platform", "CZlib", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .target(
            name: "Flight",
            dependencies: [
                "APIClient", "Upstream", "Simulation", "SimulatedClient", "KeyedChance",
                "ScenarioFile",
                "Trace", "CurlTransport", "MockUpstream",
                httpTypes, logging, metrics,
            ],
            swiftSettings: settings),
        .target(
            name: "Report",
            dependencies: ["APIClient", "Upstream", "Flight", "ScenarioFile", "Trace"],
            swiftSettings: settings),
        .target(
            name: "WindtunnelTesting",
            dependencies: ["APIClient", httpTypes],
            swiftSettings: settings),
        .executableTarget(
            name: "windtunnel",
            dependencies: [
                "Flight", "MockUpstream", "Report", "ScenarioFile", "Simulation", "Trace",
                "Upstream",
                httpTypes,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .testTarget(
            name: "KeyedChanceTests", dependencies: ["KeyedChance"], swiftSettings: settings),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "KeyedChance", "CTaskHooks", "CForeignHooks", "Platform"],
            swiftSettings: settings
        ),
        // The hooks of another library in the same process, which only C can write.
        .target(name: "CForeignHooks", path: "Tests/CForeignHooks"),
        .testTarget(
            name: "APIClientTests",
            dependencies: [
                "APIClient", "WindtunnelTesting", "SimulatedClient", "Simulation", "KeyedChance",
                httpTypes, logging,
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            resources: [.copy("Inputs")], swiftSettings: settings),
        .testTarget(
            name: "CurlTransportTests",
            dependencies: ["CurlTransport", "APIClient", "WindtunnelTesting", httpTypes],
            swiftSettings: settings),
        .testTarget(
            name: "UpstreamTests", dependencies: ["Upstream", "KeyedChance"],
            swiftSettings: settings),
        .testTarget(
            name: "MockUpstreamTests", dependencies: ["MockUpstream", "Upstream", httpTypes],
            swiftSettings: settings),
        .testTarget(
            name: "ScenarioFileTests",
            dependencies: ["ScenarioFile", "Upstream", "APIClient", "KeyedChance"],
            resources: [.copy("Inputs")], swiftSettings: settings),
        .testTarget(
            name: "TraceTests", dependencies: ["Trace"], resources: [.copy("Inputs")],
            swiftSettings: settings),
        .testTarget(
            name: "FlightTests",
            dependencies: [
                "Flight", "ScenarioFile", "Trace", "Upstream", "APIClient", "Simulation",
                "SimulatedClient", "KeyedChance", "CurlTransport", "MockUpstream", httpTypes,
                metrics,
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ReportTests",
            dependencies: ["Report", "Flight", "ScenarioFile", "Trace", "Upstream", httpTypes],
            swiftSettings: settings),
        // Runs the program as a user does. The dependency makes SwiftPM build the program next to
        // the tests.
        .testTarget(name: "windtunnelTests", dependencies: ["windtunnel"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
