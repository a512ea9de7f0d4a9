import HTTPTypes
import MockUpstream
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A `MockUpstreamServer` that sends the same answer as the plain C server. It prints its port and
/// ends when its standard input is closed.
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
