internal import CMicroHTTPD
import HTTPTypes
import Upstream

/// Answers in the form that libmicrohttpd takes.
enum Response {
    /// The return value of a content reader that ends the body before its announced length.
    static let endWithError = -2

    /// The reason phrase of a status; empty for a status without one.
    static func reason(_ status: Int) -> String {
        guard status > 0, status < 1_000,
            let text = unsafe MHD_get_reason_phrase_for(UInt32(status))
        else { return "" }
        return unsafe String(cString: text)
    }

    /// A response with the whole body in memory. nil if memory is short, or libmicrohttpd refuses a
    /// field.
    static func complete(_ answer: Answer) -> OpaquePointer? {
        let body = answer.hasBody ? answer.body : []
        let made = unsafe body.withUnsafeBytes {
            unsafe MHD_create_response_from_buffer(
                $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
        }
        return unsafe made.flatMap { unsafe adding(answer.fields, to: $0) }
    }

    /// A response whose body the connection supplies piece by piece. nil as for ``complete(_:)``.
    static func trickling(_ answer: Answer, on connection: Connection) -> OpaquePointer? {
        // Unretained is safe: the daemon releases the response before it closes the connection, and
        // the connection's own context retains the object until then.
        let context = unsafe Unmanaged.passUnretained(connection).toOpaque()
        let made = unsafe MHD_create_response_from_callback(
            UInt64(answer.body.count), 4_096, readBody, context, nil)
        return unsafe made.flatMap { unsafe adding(answer.fields, to: $0) }
    }

    private static func adding(_ fields: HTTPFields, to response: OpaquePointer) -> OpaquePointer? {
        for field in fields where !field.name.isFraming {
            // As a plain argument a short string would be copied to the heap first.
            let isAdded = unsafe field.name.rawName.withCString { name in
                unsafe field.value.withCString { value in
                    unsafe MHD_add_response_header(response, name, value) == .YES
                }
            }
            guard isAdded else {
                unsafe MHD_destroy_response(response)
                return nil
            }
        }
        return unsafe response
    }
}

private func readBody(
    _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int
) -> Int {
    guard let context = unsafe context else { return Response.endWithError }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    return unsafe connection.read(
        UnsafeMutableRawBufferPointer(start: buffer, count: size), from: Int(position))
}
