public import APIClient

/// A transport over real sockets, based on libcurl, for production.
///
/// All its transfers run on one thread of its own. Connections are kept and reused for one request
/// after the other. It never sends a request twice, follows no redirects unless configured to, and
/// ignores the proxy settings of the environment.
///
///     let transport = try CurlTransport()
///     let client = try APIClient(
///         configuration: .init(baseURL: "https://api.example.com"), transport: transport)
///     try await withTaskExecutorPreference(transport.executor) {
///         let answer = try await client.execute(APIRequest(.get, "/v1/users/7"))
///     }
public final class CurlTransport: Transport {
    /// The configuration that the transport was made with.
    public let configuration: CurlConfiguration
    private let thread: LoopThread

    /// Checks the configuration and starts the thread.
    /// - Throws: ``CurlSetupError`` if a file cannot be read or has the wrong contents, the key's
    ///   password is wrong, the proxy's URL is invalid, libcurl lacks a feature, or no thread can
    ///   be started.
    public init(_ configuration: CurlConfiguration = CurlConfiguration()) throws(CurlSetupError) {
        self.configuration = configuration
        thread = try LoopThread(configuration)
    }

    deinit { thread.close() }

    /// The transport's thread as a task executor, for tasks that mostly wait for answers.
    ///
    /// With `withTaskExecutorPreference` or `Task(executorPreference:)` an answer reaches such a
    /// task without a change of thread. Computation in these tasks delays the transport's
    /// transfers. After ``close()`` tasks are passed to the global executor.
    public var executor: any TaskExecutor { thread }

    /// Sends the request. If the task is cancelled, the transfer is aborted at once: the connection
    /// is closed, or its HTTP/2 stream is reset.
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

    /// Ends all transfers with `cancelled`, closes all connections and ends the thread.
    ///
    /// Later sends fail with `cancelled` at once. Returns when the thread has ended, unless called
    /// on that thread.
    public func close() { thread.close() }
}
