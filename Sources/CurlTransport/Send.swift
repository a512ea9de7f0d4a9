import APIClient

/// One call of `send`, passed from the waiting task to the loop's thread.
// The continuation is set before the call is posted; after that, only the loop's thread uses the
// object.
@safe final class Send: @unchecked Sendable {
    typealias Answer = Result<TransportResponse, TransportError>

    private enum State {
        /// The send was posted but has not started. Valid transitions: `.underWay`, `.cancelled`,
        /// `.ended`.
        case posted
        /// The cancellation arrived before the send. Valid transition: `.ended`.
        case cancelled
        /// The transfer is running. Valid transition: `.ended`.
        case underWay(CurlTransferID)
        /// The task was resumed; there are no transitions. A late cancellation is dropped, because
        /// it races with the answer.
        case ended
    }

    private let request: TransportRequest
    private var state = State.posted
    private var continuation: UnsafeContinuation<Answer, Never>?

    init(_ request: TransportRequest) { self.request = request }

    func wait(with continuation: UnsafeContinuation<Answer, Never>) {
        unsafe self.continuation = continuation
    }

    func begin(on loop: CurlLoop) {
        if case .cancelled = state { return end(.failure(TransportError(.cancelled))) }
        state = .underWay(loop.start(request) { [self] in end($0) })
    }

    func cancel(on loop: CurlLoop) {
        switch state {
        case .posted: state = .cancelled
        case .underWay(let transfer):
            loop.cancel(transfer)
            end(.failure(TransportError(.cancelled)))
        case .cancelled, .ended: break
        }
    }

    func end(_ answer: Answer) {
        state = .ended
        guard let continuation = unsafe continuation else {
            preconditionFailure("a send ended twice, or before anybody waited for it")
        }
        unsafe self.continuation = nil
        unsafe continuation.resume(returning: answer)
    }
}
