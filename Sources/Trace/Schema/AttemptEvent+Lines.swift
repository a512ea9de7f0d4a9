// How an attempt's line is written, in the order of these functions, and read.

extension TraceEvent.Attempt {
    /// Begins an attempt's line.
    /// - Parameters:
    ///   - line: gets the fields.
    ///   - identity: of the event.
    ///   - number: the attempt's, from 1.
    ///   - isProbe: whether it is the probe of a half-open breaker.
    ///   - timeout: nanoseconds; nil: the deadline does not cut it.
    @inlinable @inline(__always)
    public static func begin(
        _ line: inout LineBuffer, _ identity: TraceEvent.Identity, number: Int64,
        isProbe: Bool = false, timeout: Int64? = nil
    ) {
        line.begin(identity, TraceEvent.Kind.attempt.name)
        line.put(Field.number, number)
        line.put(Field.isProbe, isProbe)
        if let timeout { line.put(Field.timeout, timeout) }
    }

    /// Adds how an attempt of another client was recognised.
    /// - Parameters:
    ///   - line: gets the fields.
    ///   - knownBy: a word of `Recognition`; nil for a request's first attempt.
    ///   - isUnclear: whether it may as well be another request.
    @inlinable @inline(__always)
    public static func recognize(
        _ line: inout LineBuffer, knownBy: String?, isUnclear: Bool
    ) {
        if let knownBy { line.put(Field.knownBy, knownBy) }
        line.put(Field.isUnclear, isUnclear)
    }

    /// Adds that an answer will come.
    @inlinable @inline(__always)
    public static func answer(_ line: inout LineBuffer, status: Int64) {
        line.put(Field.status, status)
    }

    /// Adds how the exchange fails: a word of `Breakage`.
    @inlinable @inline(__always)
    public static func broken(_ line: inout LineBuffer, _ breakage: some TraceText) {
        line.put(Field.breakage, breakage)
    }

    /// Adds when it ends; not to be called where it never does.
    /// - Parameters:
    ///   - line: gets the fields.
    ///   - delay: nanoseconds.
    ///   - retryAfter: the answer's field; nil: it has none.
    @inlinable @inline(__always)
    public static func ends(_ line: inout LineBuffer, after delay: Int64, retryAfter: String?) {
        line.put(Field.delay, delay)
        if let retryAfter { line.put(Field.retryAfter, retryAfter) }
    }

    /// Adds what the upstream's server did.
    /// - Parameters:
    ///   - line: gets the fields.
    ///   - drip: nanoseconds over which the body trickles in; 0: it does not.
    ///   - queued: nanoseconds of waiting; 0: it does not wait.
    ///   - service: nanoseconds of work; nil: the upstream has no capacity.
    @inlinable @inline(__always)
    public static func work(
        _ line: inout LineBuffer, drip: Int64, queued: Int64, service: Int64?
    ) {
        if drip > 0 { line.put(Field.drip, drip) }
        if queued > 0 { line.put(Field.queued, queued) }
        if let service { line.put(Field.service, service) }
    }

    /// Adds why it was decided so.
    /// - Parameters:
    ///   - line: gets the fields.
    ///   - refusedBy: a word of `Refuser`; nil: it was not turned away.
    ///   - faults: the places of those that shaped it.
    ///   - shadowed: the places of those behind them.
    @inlinable @inline(__always)
    public static func reasons(
        _ line: inout LineBuffer, refusedBy: String?, faults: [Int], shadowed: [Int]
    ) {
        if let refusedBy { line.put(Field.refusedBy, refusedBy) }
        line.put(Field.faults, faults)
        line.put(Field.shadowed, shadowed)
    }
}

extension TraceEvent.Attempt: TracePayload {
    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .attempt(
            Self(
                number: try reader.read(Field.number), isProbe: try reader.read(Field.isProbe),
                timeout: try reader.read(Field.timeout),
                knownBy: try reader.read(Field.knownBy),
                isUnclear: try reader.read(Field.isUnclear), ending: try ending(&reader),
                delay: try reader.read(Field.delay),
                retryAfter: try reader.read(Field.retryAfter),
                drip: try reader.read(Field.drip), queued: try reader.read(Field.queued),
                service: try reader.read(Field.service),
                refusedBy: try reader.read(Field.refusedBy),
                faults: try reader.read(Field.faults) ?? [],
                shadowed: try reader.read(Field.shadowed) ?? []))
    }

    private static func ending(
        _ reader: inout TraceLineReader
    ) throws(TraceLineError) -> Ending {
        let status = try reader.read(Field.status)
        let breakage = try reader.read(Field.breakage)
        switch (status, breakage) {
        case (let status?, nil): return .answer(status: status)
        case (nil, let breakage?): return .broken(breakage)
        case (nil, nil): throw .missing("\(Field.status.key)")
        case (_?, _?):
            throw .contradiction("\(Field.status.key)", "\(Field.breakage.key)")
        }
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.begin(&line, identity, number: number, isProbe: isProbe, timeout: timeout)
        Self.recognize(&line, knownBy: knownBy?.text, isUnclear: isUnclear)
        switch ending {
        case .answer(let status): Self.answer(&line, status: status)
        case .broken(let breakage): Self.broken(&line, breakage.text)
        }
        if let delay { Self.ends(&line, after: delay, retryAfter: retryAfter) }
        Self.work(&line, drip: drip ?? 0, queued: queued ?? 0, service: service)
        Self.reasons(
            &line, refusedBy: refusedBy?.text, faults: faults, shadowed: shadowed)
    }
}
