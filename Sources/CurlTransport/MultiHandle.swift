internal import CCurl

/// One libcurl multi handle: its connections and the transfers that are under way. Move-only: one
/// owner, one cleanup, after every transfer was removed.
@safe struct MultiHandle: ~Copyable {
    private let raw: OpaquePointer

    init(connectionsMax: Int, connectionsPerHostMax: Int) throws(CurlCode) {
        guard let raw = unsafe curl_multi_init() else { throw CurlCode(raw: CURLE_OUT_OF_MEMORY) }
        // Without a free descriptor libcurl makes a handle that nobody can wake up, and says nothing.
        guard unsafe curl_multi_wakeup(raw) == CURLM_OK else {
            unsafe Self.check(curl_multi_cleanup(raw))
            throw CurlCode(raw: CURLE_OUT_OF_MEMORY)
        }
        unsafe self.raw = raw
        // As many idle connections are kept as there may be in all.
        set(CURLMOPT_MAXCONNECTS, connectionsMax)
        set(CURLMOPT_MAX_TOTAL_CONNECTIONS, connectionsMax)
        set(CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHostMax)
        // One transfer at a time on a connection, also over HTTP/2: of 50 transfers of 100 kB that
        // shared one, libcurl 7.88 left some waiting for ever for bytes that it had read already.
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

    /// Ends the transfer if it is under way.
    func remove(_ easy: borrowing EasyHandle) {
        unsafe Self.check(curl_multi_remove_handle(raw, easy.raw))
    }

    /// Does what can be done without waiting.
    func perform() {
        var running: Int32 = 0
        unsafe Self.check(curl_multi_perform(raw, &running))
    }

    /// Waits until a socket is ready, libcurl has something to do, or somebody wakes it up.
    func poll(milliseconds: Int32) {
        unsafe Self.check(curl_multi_poll(raw, nil, 0, milliseconds, nil))
    }

    /// From any thread; libcurl allows it for this function alone.
    func wakeUp() { unsafe Self.check(curl_multi_wakeup(raw)) }

    /// The next transfer that has ended: what was set as its context, and how it ended.
    func nextDone() -> (context: UnsafeMutableRawPointer?, code: CURLcode)? {
        var code = CURLE_OK
        var context: UnsafeMutableRawPointer?
        guard unsafe ccurl_multi_next_done(raw, &code, &context) != nil else { return nil }
        return unsafe (context, code)
    }

    /// The multi interface fails when it is misused or out of memory, and never for what a peer does.
    private static func check(_ code: CURLMcode) {
        precondition(code == CURLM_OK, "libcurl's multi interface failed (\(code.rawValue))")
    }
}
