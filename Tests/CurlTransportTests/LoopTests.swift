import APIClient
import CurlTransport
import HTTPTypes
import Testing

@Suite("Time limits, cancellation, connections", .timeLimit(.minutes(1))) struct LoopTests {
    @Test func `no answer within the request's limit has timed out, never before`() throws {
        let peer = try Peer([.read, .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        for timeout in [Duration.microseconds(1_500), .milliseconds(30), .microseconds(80_700)] {
            let begin = ContinuousClock.now
            let answer = try loop.end(of: get(peer, timeout: timeout))
            let took = begin.duration(to: .now)
            #expect(answer.error?.isTimeout == true, "\(answer)")
            #expect(took >= timeout)
            #expect(took < timeout + .seconds(2))
        }
    }

    @Test func `a limit holds also in the middle of a body`() throws {
        let peer = try Peer([
            .read, .write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), .hang,
        ])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(firstByteTimeout: .milliseconds(20)))
        let begin = ContinuousClock.now
        let answer = try loop.end(of: get(peer, timeout: .milliseconds(200)))
        #expect(answer.code == .timedOut)
        #expect(begin.duration(to: .now) >= .milliseconds(200))
    }

    @Test func `no first byte within its limit has timed out`() throws {
        let peer = try Peer([.read, .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(firstByteTimeout: .milliseconds(50)))
        let begin = ContinuousClock.now
        let answer = try loop.end(of: get(peer))
        #expect(answer.code == .timedOut)
        #expect(answer.error?.neverReachedUpstream == false)
        #expect(begin.duration(to: .now) >= .milliseconds(50))
        #expect(begin.duration(to: .now) < .seconds(5))
    }

    @Test func `a transfer without limits has none`() throws {
        let peer = try Peer([.read, .wait, answer("{}")])
        defer { peer.end() }
        let loop = try CurlLoop(
            CurlConfiguration(
                connectTimeout: .milliseconds(1), firstByteTimeout: .milliseconds(1)))
        let transfer = loop.begin(
            get(peer, timeout: .milliseconds(1)), aim: CurlAim(hasTimeLimits: false))
        for _ in 0..<10 {
            loop.turn()
            loop.wait(upTo: 5_000_000)
        }
        #expect(transfer.outcome.answer == nil)
        peer.release()
        try loop.turn { transfer.outcome.answer != nil }
        #expect(transfer.outcome.answer?.response != nil)
    }

    @Test func `a cancelled transfer closes its connection and never completes`() throws {
        let peer = try Peer([.read, .hang], [.read, answer("{}"), .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        let transfer = loop.begin(get(peer))
        try loop.turn { peer.requests.count == 1 }
        #expect(peer.openConnections == 1)
        loop.cancel(transfer.id)
        #expect(loop.underWay == 0)
        try loop.turn { peer.openConnections == 0 }
        // Nothing of it is left for the next, which gets the same handle.
        loop.cancel(transfer.id)
        #expect(try loop.end(of: get(peer)).response?.body == Array("{}".utf8))
        loop.cancel(transfer.id)
        #expect(transfer.outcome.answer == nil)
    }

    @Test func `a completion may start and cancel transfers`() throws {
        let peer = try Peer([.read, .wait, answer("{}"), .read, answer("[]")], [.read, .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        let last = Outcome()
        var hanging: CurlTransferID?
        _ = loop.start(get(peer)) { _ in
            if let hanging { loop.cancel(hanging) }
            _ = loop.start(get(peer)) { last.answer = $0 }
        }
        try loop.turn { peer.requests.count == 1 }
        hanging = loop.start(get(peer)) { _ in Issue.record("it was cancelled") }
        try loop.turn { peer.requests.count == 2 }
        peer.release()
        try loop.turn { last.answer != nil }
        #expect(last.answer?.response != nil)
        #expect(loop.underWay == 0)
    }

    @Test func `connections stay within the pool's limits and those who wait get theirs`() throws {
        let steps = Array(repeating: [Peer.Step.read, answer("{}")], count: 40).flatMap { $0 }
        for configuration in [
            CurlConfiguration(connectionsPerHostMax: 3), CurlConfiguration(connectionsMax: 3),
        ] {
            let peer = try Peer(steps)
            defer { peer.end() }
            let loop = try CurlLoop(configuration)
            let transfers = (0..<40).map { _ in loop.begin(get(peer)).outcome }
            try loop.turn { transfers.allSatisfy { $0.answer != nil } }
            #expect(transfers.allSatisfy { $0.answer?.response != nil })
            #expect(peer.openConnectionsMax <= 3)
            #expect(loop.sends == 40)
        }
    }

    @Test func `who gets no connection in time has not been sent`() throws {
        let peer = try Peer([.read, .hang])
        defer { peer.end() }
        let loop = try CurlLoop(
            CurlConfiguration(connectTimeout: .milliseconds(60), connectionsPerHostMax: 1))
        let first = loop.begin(get(peer, timeout: .seconds(10)))
        try loop.turn { peer.requests.count == 1 }
        let answer = try loop.end(of: get(peer))
        #expect(answer.code == .connectTimedOut)
        #expect(answer.error?.neverReachedUpstream == true)
        #expect(loop.sends == 1)
        #expect(first.outcome.answer == nil)
    }

    @Test func `a connection that was idle for too long is not used again`() throws {
        let peer = try Peer([.read, answer("{}"), .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration(idleAgeMax: .seconds(1)))
        #expect(try loop.end(of: get(peer)).response != nil)
        let ripe = ContinuousClock.now + .milliseconds(2_100)
        try loop.turn { ContinuousClock.now > ripe }
        #expect(try loop.end(of: get(peer, timeout: .milliseconds(500))).response != nil)
        #expect(peer.connections == 2)
    }

    @Test(arguments: [HTTPRequest.Method.post, .get])
    func `a request on a connection that dies is not sent again`(method: HTTPRequest.Method) throws
    {
        for (death, code) in [
            (Peer.Step.finish, TransportError.Code.empty), (.reset, .connectionReset),
        ] {
            let peer = try Peer([.read, answer("{}"), .read, death], [.read, answer("{}")])
            defer { peer.end() }
            let loop = try CurlLoop(CurlConfiguration())
            let request = TransportRequest(
                method, scheme: "http", authority: peer.authority, target: "/",
                body: method == .post ? Array("{}".utf8) : nil)
            #expect(try loop.end(of: request).response != nil)
            let answer = try loop.end(of: request)
            #expect(answer.code == code, "\(answer)")
            #expect(answer.error?.neverReachedUpstream == false)
            #expect(loop.sends == 2)
            #expect(peer.requests.count == 2)
            #expect(peer.connections == 1)
        }
    }

    @Test func `a connection that is closed while idle is replaced without a failure`() throws {
        let peer = try Peer([.read, answer("{}"), .finish], [.read, answer("{}"), .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        #expect(try loop.end(of: get(peer)).response != nil)
        try loop.turn { peer.openConnections == 0 }
        #expect(try loop.end(of: get(peer)).response != nil)
        #expect(loop.sends == 2)
        #expect(peer.requests.count == 2)
    }

    @Test(arguments: ["no host", "", "127.0.0.1:99999", "[::1"])
    func `an authority that is none is a failed connection`(authority: String) throws {
        let request = TransportRequest(
            .get, scheme: "http", authority: authority, target: "/")
        let answer = try CurlLoop(CurlConfiguration()).end(of: request)
        #expect(answer.code == .connectionFailed, "\(answer)")
        #expect(answer.error?.neverReachedUpstream == true)
    }

    @Test func `only HTTP is spoken`() throws {
        let request = TransportRequest(
            .get, scheme: "file", authority: "localhost", target: "/etc/hostname")
        let answer = try CurlLoop(CurlConfiguration()).end(of: request)
        #expect(answer.code == .connectionFailed, "\(answer)")
    }

    @Test func `ending a loop ends its transfers with the error`() throws {
        let peer = try Peer([.read, .hang])
        defer { peer.end() }
        let loop = try CurlLoop(CurlConfiguration())
        let transfers = (0..<3).map { _ in loop.begin(get(peer)) }
        try loop.turn { peer.requests.count == 3 }
        loop.end(with: TransportError(.cancelled))
        #expect(transfers.allSatisfy { $0.outcome.answer?.code == .cancelled })
        try loop.turn { peer.openConnections == 0 }
    }
}
