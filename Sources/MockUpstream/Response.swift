internal import CMicroHTTPD
import HTTPTypes
import Upstream

/// Answers in the form that the daemon takes.
enum Response {
    /// What a content reader returns where no more will come, though more was announced.
    static let endWithError = -2

    /// The words beside a status; none for one that nobody has named.
    static func reason(_ status: Int) -> String {
        guard status > 0, status < 1_000,
            let text = unsafe MHD_get_reason_phrase_for(UInt32(status))
        else { return "" }
        return unsafe String(cString: text)
    }

    /// With the whole body at once. nil where there is no memory, or a field that no daemon sends.
    static func complete(_ answer: Answer) -> OpaquePointer? {
        let body = answer.hasBody ? answer.body : []
        let made = unsafe body.withUnsafeBytes {
            unsafe MHD_create_response_from_buffer(
                $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
        }
        return unsafe made.flatMap { unsafe adding(answer.fields, to: $0) }
    }

    /// With a body that the connection gives piece by piece.
    static func trickling(_ answer: Answer, on connection: Connection) -> OpaquePointer? {
        // Unretained is enough: the daemon lets go of the response before it closes the connection,
        // and the connection's own context retains the object until then.
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
