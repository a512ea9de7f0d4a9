// Writing the line of an attempt, in the order of these functions, and reading it.

extension TraceEvent.Attempt {
    /// Begins the line of an attempt.
    /// - Parameters:
    ///   - line: receives the fields.
    ///   - identity: the identity of the event.
    ///   - number: the number of the attempt, from 1.
    ///   - isProbe: whether it is the probe of a half-open breaker. Defaults to `false`.
    ///   - timeout: its time limit in nanoseconds if the deadline shortens it; nil (the default): it does not.
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

    /// Adds how an attempt of an external client was recognized.
    /// - Parameters:
    ///   - line: receives the fields.
    ///   - knownBy: a word of `Recognition`; nil: it is the first attempt of a request.
    ///   - isUnclear: whether it may also be another request.
    @inlinable @inline(__always)
    public static func recognize(
        _ line: inout LineBuffer, knownBy: String?, isUnclear: Bool
    ) {
        if let knownBy { line.put(Field.knownBy, knownBy) }
        line.put(Field.isUnclear, isUnclear)
    }

    /// Adds that the exchange ends with an answer of this status.
    @inlinable @inline(__always)
    public static func answer(_ line: inout LineBuffer, status: Int64) {
        line.put(Field.status, status)
    }

    /// Adds the kind of failure, a word of `Breakage`.
    @inlinable @inline(__always)
    public static func broken(_ line: inout LineBuffer, _ breakage: some TraceText) {
        line.put(Field.breakage, breakage)
    }

    /// Adds the end of the exchange. Must not be called for an exchange that hangs.
    /// - Parameters:
    ///   - line: receives the fields.
    ///   - delay: the time until the end, in nanoseconds.
    ///   - retryAfter: the Retry-After field of the answer; nil: it has none.
    @inlinable @inline(__always)
    public static func ends(_ line: inout LineBuffer, after delay: Int64, retryAfter: String?) {
        line.put(Field.delay, delay)
        if let retryAfter { line.put(Field.retryAfter, retryAfter) }
    }

    /// Adds the times at the upstream's server.
    /// - Parameters:
    ///   - line: receives the fields.
    ///   - drip: the time over which the body is sent slowly, in nanoseconds; 0: it is sent at once.
    ///   - queued: the wait in the queue, in nanoseconds; 0: there is none.
    ///   - service: the service time, in nanoseconds; nil: the scenario sets no capacity.
    @inlinable @inline(__always)
    public static func work(
        _ line: inout LineBuffer, drip: Int64, queued: Int64, service: Int64?
    ) {
        if drip > 0 { line.put(Field.drip, drip) }
        if queued > 0 { line.put(Field.queued, queued) }
        if let service { line.put(Field.service, service) }
    }

    /// Adds the reasons for the decision.
    /// - Parameters:
    ///   - line: receives the fields.
    ///   - refusedBy: a word of `Refuser`; nil: it was not refused.
    ///   - faults: the indexes of the faults that took effect.
    ///   - shadowed: the indexes of the faults that another fault overrode.
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
