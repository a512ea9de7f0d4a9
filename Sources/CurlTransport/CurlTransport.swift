public import APIClient

/// Sends requests over real sockets, by libcurl: the transport for production.
///
/// It has one thread of its own, on which all its transfers run. Connections are kept and used again,
/// for one request after the other. It never sends a request twice by
/// itself, follows no redirect unless told to, and ignores the environment's proxies.
///
///     let transport = try CurlTransport()
///     let client = try APIClient(
///         configuration: .init(baseURL: "https://api.example.com"), transport: transport)
///     try await withTaskExecutorPreference(transport.executor) {
///         let answer = try await client.execute(APIRequest(.get, "/v1/users/7"))
///     }
public final class CurlTransport: Transport {
    /// What it was made with.
    public let configuration: CurlConfiguration
    private let thread: LoopThread

    /// Starts the thread.
    /// - Throws: ``CurlSetupError`` for a file that cannot be read or does not hold what it should, a
    ///   wrong key password, a proxy that is none, or no thread.
    public init(_ configuration: CurlConfiguration = CurlConfiguration()) throws(CurlSetupError) {
        self.configuration = configuration
        thread = try LoopThread(configuration)
    }

    deinit { thread.close() }

    /// The transport's own thread, for tasks that mostly wait for answers: with
    /// `withTaskExecutorPreference` or `Task(executorPreference:)` an answer reaches them without a
    /// change of thread. What they compute in between holds up the transport's transfers. After
    /// ``close()`` it hands tasks on to the global pool.
    public var executor: any TaskExecutor { thread }

    /// Sends the request. A task that is cancelled takes its transfer down at once: the connection is
    /// closed, over HTTP/2 the stream is reset.
    public func send(
        _ request: TransportRequest
    ) async throws(TransportError) -> TransportResponse {
        if Task.isCancelled { throw TransportError(.cancelled) }
        let send = Send(request)
        let answer = await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { continuation in
                unsafe send.wait(with: continuation)
                thread.post(.send(send))
            }
        } onCancel: {
            thread.post(.cancel(send))
        }
        return try answer.get()
    }

    /// Ends all transfers with `cancelled`, closes all connections and ends the thread. Sends after it
    /// are `cancelled` at once. Returns when the thread has ended, but where it is called on it.
    public func close() { thread.close() }
}
