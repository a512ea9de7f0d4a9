internal import CCurl

/// One libcurl multi handle with its connections and the transfers under way. It is move-only, so
/// that there is one owner and one cleanup, after every transfer was removed.
@safe struct MultiHandle: ~Copyable {
    private let raw: OpaquePointer

    init(connectionsMax: Int, connectionsPerHostMax: Int) throws(CurlCode) {
        guard let raw = unsafe curl_multi_init() else { throw CurlCode(raw: CURLE_OUT_OF_MEMORY) }
        // Without a free descriptor libcurl silently makes a handle that cannot be woken up.
        guard unsafe curl_multi_wakeup(raw) == CURLM_OK else {
            unsafe Self.check(curl_multi_cleanup(raw))
            throw CurlCode(raw: CURLE_OUT_OF_MEMORY)
        }
        unsafe self.raw = raw
        // As many idle connections are kept as connections are allowed in total.
        set(CURLMOPT_MAXCONNECTS, connectionsMax)
        set(CURLMOPT_MAX_TOTAL_CONNECTIONS, connectionsMax)
        set(CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHostMax)
        // One transfer at a time on a connection, also over HTTP/2. With 50 transfers of 100 kB on
        // one connection, libcurl 7.88 left some waiting for ever for bytes that it had already
        // read.
        set(CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit {
        unsafe Self.check(curl_multi_cleanup(raw))
    }

    private func set(_ option: CURLMoption, _ value: Int) {
        unsafe Self.check(ccurl_multi_set_long(raw, option, value))
    }

    func add(_ easy: borrowing EasyHandle) {
        unsafe Self.check(curl_multi_add_handle(raw, easy.raw))
    }

    /// Removes a handle; a transfer under way is aborted.
    func remove(_ easy: borrowing EasyHandle) {
        unsafe Self.check(curl_multi_remove_handle(raw, easy.raw))
    }

    /// Does all work that needs no waiting.
    func perform() {
        var running: Int32 = 0
        unsafe Self.check(curl_multi_perform(raw, &running))
    }

    /// Waits until a socket is ready, libcurl has work to do, or ``wakeUp()`` is called.
    func poll(milliseconds: Int32) {
        unsafe Self.check(curl_multi_poll(raw, nil, 0, milliseconds, nil))
    }

    /// Ends the wait. libcurl allows calling this function, and only this one, from any thread.
    func wakeUp() { unsafe Self.check(curl_multi_wakeup(raw)) }

    /// The next transfer that has ended: the context of its handle and its result; nil if there is
    /// none.
    func nextDone() -> (context: UnsafeMutableRawPointer?, code: CURLcode)? {
        var code = CURLE_OK
        var context: UnsafeMutableRawPointer?
        guard unsafe ccurl_multi_next_done(raw, &code, &context) != nil else { return nil }
        return unsafe (context, code)
    }

    /// The multi interface fails only for misuse or lack of memory, never because of a peer.
    private static func check(_ code: CURLMcode) {
        precondition(code == CURLM_OK, "libcurl's multi interface failed (\(code.rawValue))")
    }
}
