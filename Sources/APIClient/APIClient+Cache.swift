import HTTPTypes

extension APIClient {
    /// Whether a request uses the cache. A GET with a cookie or with credentials in a field of its
    /// own does not: the cache key could not tell its callers apart, so the answer must not be
    /// shared.
    func isCacheable(_ request: APIRequest) -> Bool {
        configuration.cache.isEnabled && request.useCache && request.method == .get
            && (request.headers.fields.isEmpty
                || !Self.personal.contains { request.headers.fields[$0] != nil })
    }

    private static let personal: [HTTPField.Name] = [
        .authorization, .cookie, .proxyAuthorization, .apiKey,
    ]

    func cached(_ call: Call) async throws(APIError) -> APIResponse {
        let fields = call.request.headers.fields
        let key = CacheKey(call.request, identity: fixedIdentity ?? credentials.identity)
        if let answer = await kept(key, fields, call, isFreshOnly: true, at: call.started) {
            return answer
        }
        do {
            return try await coalesce(call, key)
        } catch  where error.code == .timeout {
            // The cache is asked again because another request may have refreshed the entry
            // meanwhile.
            if let answer = await kept(key, fields, call, isFreshOnly: false, at: time.now) {
                return answer
            }
            throw error
        }
    }

    /// The cached answer; nil if there is none, or if it is stale and `isFreshOnly` is set.
    @inline(__always) private func kept(
        _ key: CacheKey, _ fields: HTTPFields, _ call: Call, isFreshOnly: Bool, at instant: Int64
    ) async -> APIResponse? {
        let entry: CacheEntry?
        if let localCache {
            entry = localCache.entryNow(for: key, matching: fields, at: instant)
        } else {
            entry = await storedElsewhere(key, fields, call, at: instant)
        }
        guard let entry else { return nil }
        let now = time.now
        let isStale = now >= entry.freshUntil
        if isStale && isFreshOnly { return nil }
        let age = now - entry.storedAt
        call.observe(.cache(isStale ? .staleServed(age: age) : .hit(age: age)), at: now)
        return response(entry, to: call, isStale: isStale, at: now)
    }

    private func storedElsewhere(
        _ key: CacheKey, _ fields: HTTPFields, _ call: Call, at now: Int64
    ) async -> CacheEntry? {
        do {
            return try await cacheStore.entry(for: key, matching: fields, at: now)
        } catch {
            telemetry.storeFailed(call, error)
            return nil
        }
    }

    /// Joins the single flight for this resource, as its leader or as a follower.
    @inline(__always)
    private func coalesce(_ call: Call, _ key: CacheKey) async throws(APIError) -> APIResponse {
        let flightKey = SingleFlight.Key(cacheKey: key, fields: call.request.headers.fields)
        switch flights.join(flightKey, call.id) {
        case .leader(let sharedCall):
            call.observe(.cache(.miss), at: time.now)
            return try await lead(sharedCall, call)
        case .follower(let follower, let sharedCall):
            return try await follow(follower, sharedCall, call)
        }
    }

    private func follow(
        _ follower: SingleFlight.Follower, _ sharedCall: SingleFlight.SharedCall, _ call: Call
    ) async throws(APIError) -> APIResponse {
        let now = time.now
        call.observe(
            .waiting(
                ClientWait(
                    reason: .leader, until: call.deadline, lower: now, upper: call.deadline)),
            at: now)
        let waitEnd = await time.wait(for: follower.gate, until: call.deadline, call: call.id)
        let outcome = flights.take(follower, of: sharedCall)
        guard waitEnd == .woken else {
            // The follower was appointed leader at the instant at which its own wait ended: appoint
            // the next one.
            if case .lead = outcome { wakeNext(after: sharedCall) }
            throw waitEnd == .cancelled
                ? call.error(.cancelled, .client) : call.error(.timeout, .client)
        }
        switch outcome {
        case .shared(let entry):
            let now = time.now
            call.observe(.cache(.followed), at: now)
            return response(entry, to: call, isStale: false, at: now)
        case .lead:
            call.observe(.cache(.miss), at: time.now)
            return try await lead(sharedCall, call)
        case .alone:
            call.observe(.cache(.miss), at: time.now)
            return try response(await attempts(call), to: call)
        case .invalid(let issues, let status):
            call.observe(.cache(.followed), at: time.now)
            throw invalid(issues, status: status, call)
        case nil:
            preconditionFailure("a follower was woken and told nothing")
        }
    }

    // Inlined into its callers to save one async frame per request.
    @inline(__always) private func lead(
        _ sharedCall: SingleFlight.SharedCall, _ call: Call
    ) async throws(APIError) -> APIResponse {
        let answer: FinalAnswer
        do {
            answer = try await attempts(call)
        } catch {
            wakeNext(after: sharedCall)
            throw error
        }
        // The provider's identity may have changed since the key was made. The answer then belongs
        // to another identity and must not be shared.
        let isOurs = hasFixedCredential || answer.belongs(to: sharedCall.key.cacheKey)
        let entry = isOurs ? self.entry(of: answer, for: call) : nil
        if let entry, entry.life > 0, !flights.isOutdated(sharedCall) {
            await keep(entry, call, sharedCall)
        }
        let outcome: SingleFlight.FollowerOutcome =
            switch entry {
            case nil: .alone
            case .some where !answer.issues.isEmpty:
                .invalid(answer.issues, status: answer.response.statusCode)
            case let entry?: .shared(entry)
            }
        for follower in flights.end(sharedCall, telling: outcome) {
            time.wake(follower.gate, call: follower.call)
        }
        return try response(answer, to: call)
    }

    private func keep(
        _ entry: CacheEntry, _ call: Call, _ sharedCall: SingleFlight.SharedCall
    ) async {
        let key = sharedCall.key.cacheKey
        do {
            guard try await cacheStore.keep(entry, for: key) else { return }
            call.observe(.cache(.stored(life: entry.life)), at: time.now)
            // A write came while the store kept the entry, and may have found nothing to drop: drop
            // the entry now.
            if flights.isOutdated(sharedCall) {
                _ = try await cacheStore.invalidate(path: key.path, at: time.now)
            }
        } catch {
            telemetry.storeFailed(call, error)
        }
    }

    private func wakeNext(after sharedCall: SingleFlight.SharedCall) {
        if let next = flights.abandon(sharedCall) { time.wake(next.gate, call: next.call) }
    }

    /// The answer as a cache entry for the followers. Its life is 0 if it may be shared but not
    /// kept. nil: the answer is for its leader only (`no-store`, `private`, `no-cache`, `Vary: *`).
    private func entry(of final: FinalAnswer, for call: Call) -> CacheEntry? {
        let directives = CacheDirectives(
            fieldValues: final.response.headerFields[values: .cacheControl])
        if directives.noStore || directives.isPrivate || directives.noCache { return nil }
        let answer = final.response
        let fields = answer.headerFields
        let vary = fields[values: .vary]
        if vary.contains(where: { $0.utf8.contains(UInt8(ascii: "*")) }) { return nil }
        // A body that is not JSON, or violates the schema, is shared but never kept.
        let life =
            isWhatItShouldBe(final, call)
            ? directives.freshness(
                status: answer.statusCode, age: fields[.age], vary: vary,
                policy: configuration.cache) ?? 0
            : 0
        let now = time.now
        let freshUntil = now.addingSaturated(life)
        let staleLife =
            directives.mustRevalidate ? 0 : configuration.cache.staleIfError.nanoseconds
        return CacheEntry(
            statusCode: answer.statusCode, headers: fields, body: answer.body,
            requestedAt: call.started, storedAt: now, freshUntil: freshUntil,
            staleUntil: freshUntil.addingSaturated(staleLife),
            varied: Self.varied(vary, in: call.request.headers.fields))
    }

    private static func varied(_ vary: [String], in fields: HTTPFields) -> [CacheEntry.VariedField]
    {
        let names = vary.flatMap { $0.split(separator: ",") }.compactMap {
            HTTPField.Name(String(decoding: FieldSyntax.trimmed($0.utf8), as: UTF8.self))
        }
        return names.sorted {
            $0.canonicalName.utf8.lexicographicallyPrecedes($1.canonicalName.utf8)
        }
        .map { CacheEntry.VariedField(name: $0, value: fields[$0]) }
    }

    /// Drops the cached answers of a request's path after a write, and marks the calls under way to
    /// that path as outdated.
    func invalidate(_ call: Call) async {
        guard configuration.cache.isEnabled else { return }
        let path = Array(call.request.endpoint.utf8)
        flights.outdate(path: path)
        do {
            let now = time.now
            if try await cacheStore.invalidate(path: path, at: now) {
                call.observe(.cache(.invalidated), at: now)
            }
        } catch {
            telemetry.storeFailed(call, error)
        }
    }

    private func response(
        _ entry: CacheEntry, to call: Call, isStale: Bool, at now: Int64
    ) -> APIResponse {
        APIResponse(
            statusCode: entry.statusCode, headers: entry.headers, body: entry.body, cached: true,
            isStale: isStale, responseTime: .nanoseconds(now - call.started),
            correlationID: call.correlationID)
    }
}

extension CacheEntry {
    /// Nanoseconds for which the entry is fresh.
    var life: Int64 { freshUntil - storedAt }
}
