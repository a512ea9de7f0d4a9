import APIClient

/// The time limits, which the loop enforces. libcurl counts whole milliseconds, has no limit for
/// the first byte, and none that applies while a transfer waits for a free connection.
extension CurlExchange {
    /// An instant before which no limit of the transfer is exceeded.
    var earliestLimit: Int64 {
        let settings = loop.settings
        let first = min(settings.connectTimeout, settings.firstByteTimeout ?? .max)
        return min(total, after(hopStarted, first))
    }

    /// The next of its limits in the current phase of the transfer.
    var nextLimit: Int64 { min(total, phase?.limit ?? .max) }

    /// Checks the limits at an instant.
    /// - Returns: the error if a limit is exceeded; otherwise nil.
    func limitOver(at now: Int64) -> TransportError? {
        if let phase, now >= phase.limit { return phase.error }
        guard now >= total else { return nil }
        return hasSent
            ? TransportError(.timedOut) : TransportError(.connectTimedOut, "within the whole limit")
    }

    private var total: Int64 { after(started, request?.timeout ?? .max) }

    private var phase: (limit: Int64, error: TransportError)? {
        guard hasSent else {
            return (
                after(hopStarted, loop.settings.connectTimeout), TransportError(.connectTimedOut)
            )
        }
        guard !hasAnswer, let wait = loop.settings.firstByteTimeout else { return nil }
        return (after(sent, wait), TransportError(.timedOut, "no first byte"))
    }

    private func after(_ start: Int64, _ wait: Int64) -> Int64 {
        let (sum, isTooLarge) = start.addingReportingOverflow(wait)
        return isTooLarge ? .max : sum
    }
}
