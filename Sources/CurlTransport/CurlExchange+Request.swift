internal import CCurl
import APIClient
import HTTPTypes

extension HTTPField.Name {
    static let expect = HTTPField.Name("Expect")!
}

extension CurlExchange {
    /// Passes the request to libcurl. Method, target and body differ from the request's own only
    /// after a redirect.
    func write(
        _ request: TransportRequest, _ method: HTTPRequest.Method, target: String,
        body requestBody: [UInt8]?
    ) throws(CurlCode) {
        bytes.clear()
        let address = bytes.append(
            address: request.scheme, request.authority, target)
        let verb = bytes.append(text: method.rawValue)
        let bodyStart = requestBody.map { bytes.append(body: $0) }
        let routeStart = aim.loopbackPort.map {
            // An empty host and port in the entry match every host and port.
            bytes.append(text: "::127.0.0.1:\($0)")
        }
        let hasBody = requestBody != nil || [.post, .put, .patch].contains(method)
        writeFields(request, hasBody: hasBody)
        // Everything is written before the first pointer is taken, because the bytes may move until
        // then.
        try CurlCode.check(
            unsafe ccurl_set_string(easy.raw, CURLOPT_URL, bytes.pointer(address)))
        try CurlCode.check(unsafe ccurl_set_list(easy.raw, CURLOPT_HTTPHEADER, bytes.list()))
        try set(
            method, named: verb, body: hasBody ? bodyStart ?? verb : nil,
            count: requestBody?.count ?? 0)
        try setAim(route: routeStart)
    }

    private func writeFields(_ request: TransportRequest, hasBody: Bool) {
        var hasType = false
        var hasEncoding = false
        var hasAccept = false
        for field in request.headerFields {
            if field.name == .contentType { hasType = true }
            if field.name == .acceptEncoding { hasEncoding = true }
            if field.name == .accept { hasAccept = true }
            bytes.append(field: field)
        }
        for field in fields { bytes.append(field: field) }
        // If the caller sets `Accept-Encoding`, the caller has to decompress the body.
        isDecompressing = loop.settings.configuration.isDecompressing && !hasEncoding
        if isDecompressing {
            bytes.append(line: "Accept-Encoding: gzip, deflate")
        }
        // A line without a value keeps libcurl from sending a field of its own.
        if !hasAccept { bytes.append(line: "Accept:") }
        guard hasBody else { return }
        if !hasType { bytes.append(line: "Content-Type:") }
        // libcurl would wait up to a second for "100 Continue" before a large body.
        bytes.append(line: "Expect:")
    }

    private func set(
        _ method: HTTPRequest.Method, named verb: Int, body: Int?, count: Int
    ) throws(CurlCode) {
        isHeadOnly = method == .head
        if isHeadOnly {
            try easy.set(CURLOPT_NOBODY, true)
        } else if let body {
            // An empty body is sent with the length 0.
            try CurlCode.check(
                unsafe ccurl_set_pointer(easy.raw, CURLOPT_POSTFIELDS, bytes.pointer(body)))
            try CurlCode.check(unsafe ccurl_set_size(easy.raw, CURLOPT_POSTFIELDSIZE_LARGE, count))
            try easy.set(CURLOPT_POST, true)
        } else {
            try easy.set(CURLOPT_HTTPGET, true)
        }
        let isUsual = isHeadOnly || method == (body != nil ? .post : .get)
        try CurlCode.check(
            unsafe ccurl_set_string(
                easy.raw, CURLOPT_CUSTOMREQUEST, isUsual ? nil : bytes.pointer(verb)))
    }

    private func setAim(route start: Int?) throws(CurlCode) {
        try easy.set(CURLOPT_FRESH_CONNECT, aim.needsFreshConnection)
        if let start { unsafe route.pointee.data = bytes.pointer(start) }
        try CurlCode.check(
            unsafe ccurl_set_list(easy.raw, CURLOPT_CONNECT_TO, start == nil ? nil : route))
    }
}
