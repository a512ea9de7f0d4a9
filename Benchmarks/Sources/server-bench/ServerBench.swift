import HTTPTypes
import MockUpstream
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A `MockUpstreamServer` that answers what the plain C server answers. Prints its port and ends with its
/// standard input.
@main
struct ServerBench: ExchangeSource {
    private let performance = Performance(
        decision: Decision(
            ending: .answer(
                Answer(
                    status: 200, fields: [.contentType: "application/json"],
                    body: Array(#"{"id":7,"name":"Ann","email":"ann@example.com"}"#.utf8))),
            delay: 0), pace: .atOnce)

    func performance(of request: ServedRequest) -> Performance { performance }

    static func main() throws {
        let server = try MockUpstreamServer(.init(), source: ServerBench())
        print(server.port)
        fflush(nil)
        while readLine() != nil {}
        server.stop()
    }
}
