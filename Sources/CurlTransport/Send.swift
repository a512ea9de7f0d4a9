import APIClient

/// One call of `send`, from the task that waits to the thread that carries it out.
// The continuation is set before the call is posted; from then on all belongs to the loop's thread.
@safe final class Send: @unchecked Sendable {
    typealias Answer = Result<TransportResponse, TransportError>

    private enum State {
        /// Valid transitions: `.underWay`, `.cancelled`, `.ended`.
        case posted
        /// The cancellation overtook the send. Valid transition: `.ended`.
        case cancelled
        /// Valid transition: `.ended`.
        case underWay(CurlTransferID)
        /// Terminal. A late cancellation is dropped: it and the answer race.
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
