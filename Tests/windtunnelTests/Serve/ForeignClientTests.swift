import Foundation
import Testing

/// The tool's verdicts on third-party clients.
@Suite struct ForeignClientTests {
    /// The folder with urllib3 and requests for Python; the script explains what is missing if it
    /// fails.
    private static let python = Result<String, any Error> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let script = root.appending(path: "dev/python-clients").path(percentEncoded: false)
        let ending = try Windtunnel(program: script, [], in: Folder()).within(seconds: 120).exits(0)
        return String(ending.output.dropLast())
    }

    /// Serves a scenario to a client.
    private func run(
        _ scenario: String, _ client: String, _ flags: String..., exits code: Int32
    ) throws -> Ending {
        let folder = try Folder(["a.yaml": scenario])
        let words = ["run", "a.yaml", "--client-command", client] + flags
        return try Windtunnel(words, in: folder).exits(code)
    }

    /// The same for a Python client; `url` is where the upstream is.
    private func run(
        _ scenario: String, python: String, _ flags: String..., exits code: Int32
    ) throws -> Ending {
        let packages = try Self.python.get()
        let program = "import sys\nurl = sys.argv[1]\n" + python
        let folder = try Folder(["a.yaml": scenario, "client.py": program])
        let words = ["run", "a.yaml", "--client-command", "python3 client.py {base_url}"] + flags
        return try Windtunnel(words, in: folder).environment("PYTHONPATH", packages).exits(code)
    }

    private static let urllib3 = """
        import urllib3
        http = urllib3.PoolManager()
        Retry = urllib3.util.Retry

        """
    private static let requests = """
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry
        def session(retries):
            session = requests.Session()
            session.mount("http://", HTTPAdapter(max_retries=retries))
            return session

        """

    // MARK: - curl

    @Test("curl --retry honours Retry-After")
    func curlWaits() throws {
        let ending = try run(
            Scenarios.turnedAway, "curl -sS --retry 3 {base_url}/v1/users/7", exits: 0)
        #expect(ending.output.contains("retry_after.honoured == 100%: passed, observed 100 %"))
        #expect(ending.output.contains("the client exited with 0"))
    }

    @Test("curl --retry waits for 1 s and then 2 s, whatever was declared")
    func curlBacksOff() throws {
        let ending = try run(
            Scenarios.failsTwice, "curl -sS --retry 3 {base_url}/v1/prices", exits: 4)
        #expect(ending.output.contains("retry.amplification <= 3: passed, observed 3.000"))
        #expect(ending.output.contains("every backoff inside its envelope: 2 of 2 times"))
    }

    @Test("curl --retry-all-errors places an order twice")
    func curlDuplicates() throws {
        let client = "curl -sS --retry 3 --retry-all-errors -d item=7 {base_url}/v1/orders"
        let ending = try run(Scenarios.brokenOrders, client, exits: 4)
        #expect(ending.output.contains("duplicates == 0: failed, observed 1"))
        #expect(
            ending.output.contains("no non-idempotent request sent twice with effect: 1 of 1 times")
        )
    }

    @Test("curl --retry alone does not, and neither does it with an Idempotency-Key")
    func curlPlacesOnce() throws {
        let client = "curl -sS --retry 3 -d item=7 {base_url}/v1/orders"
        let once = try run(Scenarios.brokenOrders, client, exits: 0)
        #expect(once.output.contains("the client exited with 56"))
        let key =
            "curl -sS --retry 3 --retry-all-errors -H 'Idempotency-Key: 1' "
            + "--retry-delay 1 -d item=7 {base_url}/v1/orders"
        let ending = try run(
            Scenarios.brokenOrders.replacing("delay_ms: 300", with: "delay_ms: 1000"), key, exits: 5
        )
        // With a key there is no effect that could be a duplicate.
        #expect(ending.output.contains("duplicates == 0: inconclusive"))
        #expect(ending.error.contains("attempt 2 by Idempotency-Key: 200"))
        #expect(!ending.output.contains("violated"))
    }

    // MARK: - urllib3

    @Test("urllib3's Retry honours Retry-After, unless it is told not to")
    func urllib3Waits() throws {
        let right = try run(
            Scenarios.turnedAway,
            python: Self.urllib3
                + #"http.request("GET", url + "/v1/users/7", retries=Retry(3))"#, exits: 0)
        #expect(right.output.contains("retry_after.honoured == 100%: passed, observed 100 %"))
        let wrong = try run(
            Scenarios.turnedAway,
            python: Self.urllib3 + """
                retries = Retry(3, status_forcelist=[429], respect_retry_after_header=False)
                http.request("GET", url + "/v1/users/7", retries=retries)
                """, exits: 4)
        #expect(wrong.output.contains("retry_after.honoured == 100%: failed, observed 0 %"))
    }

    @Test("urllib3's Retry sends the first retry at once, whatever its backoff factor")
    func urllib3BacksOff() throws {
        let ending = try run(
            Scenarios.failsTwice.replacing("delay_ms: 300", with: "delay_ms: 1000"),
            python: Self.urllib3 + """
                retries = Retry(3, status_forcelist=[503], backoff_factor=1)
                http.request("GET", url + "/v1/prices", retries=retries)
                """, "--tolerance", "500ms", exits: 4)
        // After 0 and 2 s, where 1 and 2 were declared.
        #expect(ending.output.contains("every backoff inside its envelope: 1 of 2 times"))
    }

    // MARK: - requests

    @Test(
        "requests with an HTTPAdapter does not place an order twice, unless all methods may be retried"
    )
    func requestsPlaces() throws {
        let order = #"s.post(url + "/v1/orders", data={"item": 7})"#
        let right = try run(
            Scenarios.brokenOrders,
            python: Self.requests + """
                s = session(Retry(3))
                try:
                    \(order)
                except requests.ConnectionError:
                    sys.exit(1)
                """, exits: 0)
        #expect(right.output.contains("the client exited with 1"))
        #expect(right.output.contains("duplicates == 0: passed, observed 0"))
        let wrong = try run(
            Scenarios.brokenOrders,
            python: Self.requests + "s = session(Retry(3, allowed_methods=None))\n" + order,
            exits: 4)
        #expect(wrong.output.contains("duplicates == 0: failed, observed 1"))
    }

    @Test("requests with max_retries=3 tries no answer again")
    func requestsGivesUp() throws {
        let ending = try run(
            Scenarios.failsTwice,
            python: Self.requests + #"session(3).get(url + "/v1/prices")"#, exits: 0)
        #expect(ending.output.contains("retry.amplification <= 3: passed, observed 1.000"))
    }
}
