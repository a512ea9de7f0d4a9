import HTTPTypes
import Synchronization

/// Single flight: concurrent misses of one resource share one upstream call.
///
/// The first request is the leader, the others are followers. If the leader fails or is cancelled,
/// the oldest follower becomes the leader. If the answer must not be shared, each follower sends on
/// its own.
final class SingleFlight: Sendable {
    /// The identity of a shared call: the cache key and all fields of the request, because the
    /// answer may depend on any of them.
    struct Key: Hashable {
        let cacheKey: CacheKey
        /// Names and values in order, as bytes for the reason given at ``CacheKey``.
        private let fields: [[UInt8]]

        init(cacheKey: CacheKey, fields: HTTPFields) {
            self.cacheKey = cacheKey
            self.fields = fields.flatMap {
                [Array($0.name.canonicalName.utf8), Array($0.value.utf8)]
            }
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(cacheKey)
            if !fields.isEmpty { hasher.combine(fields) }
        }
    }

    /// The result that a follower receives.
    enum FollowerOutcome: Sendable {
        /// The leader's answer.
        case shared(CacheEntry)
        /// The follower becomes the leader.
        case lead
        /// The answer must not be shared: the follower sends on its own.
        case alone
        /// The answer violates the schema, which is a part of the key, so it does so for every
        /// follower.
        case invalid([FieldIssue], status: Int)
    }

    /// A waiting request. Its outcome is written before its gate opens.
    final class Follower: @unchecked Sendable {
        let call: CallID
        let gate = Gate()
        // Guarded by `flights`.
        fileprivate var outcome: FollowerOutcome?
        init(_ call: CallID) { self.call = call }
    }

    /// One upstream call and the requests that wait for it.
    final class SharedCall: @unchecked Sendable {
        let key: Key
        // Guarded by `flights`, as is `isOutdated`.
        fileprivate var followers: [Follower] = []
        /// Whether the path was written to during the call, so that its answer may be older than
        /// the write.
        fileprivate var isOutdated = false
        fileprivate init(_ key: Key) { self.key = key }
    }

    enum Role {
        case leader(SharedCall)
        case follower(Follower, of: SharedCall)
    }

    /// Guards the calls and their followers: a follower joins, leaves and is told its outcome under
    /// this lock.
    private let flights = Mutex<[Key: SharedCall]>([:])

    func join(_ key: Key, _ call: CallID) -> Role {
        flights.withLock { flights in
            guard let sharedCall = flights[key] else {
                let sharedCall = SharedCall(key)
                flights[key] = sharedCall
                return .leader(sharedCall)
            }
            let follower = Follower(call)
            sharedCall.followers.append(follower)
            return .follower(follower, of: sharedCall)
        }
    }

    /// Whether the answer may be older than a write, so that it must not be cached.
    func isOutdated(_ sharedCall: SharedCall) -> Bool {
        flights.withLock { _ in sharedCall.isOutdated }
    }

    /// Ends a shared call with an outcome.
    /// - Returns: the followers to wake, oldest first.
    func end(_ sharedCall: SharedCall, telling outcome: FollowerOutcome) -> [Follower] {
        flights.withLock { flights in
            Self.remove(sharedCall, &flights)
            let followers = sharedCall.followers
            sharedCall.followers = []
            for follower in followers { follower.outcome = outcome }
            return followers
        }
    }

    /// Ends the leader's role without an answer.
    /// - Returns: the follower that becomes the leader and has to be woken; nil if there is none.
    func abandon(_ sharedCall: SharedCall) -> Follower? {
        flights.withLock { flights in
            guard !sharedCall.followers.isEmpty else {
                Self.remove(sharedCall, &flights)
                return nil
            }
            let next = sharedCall.followers.removeFirst()
            next.outcome = .lead
            return next
        }
    }

    /// Removes a call, so that no further request joins it. If it was outdated, another call may
    /// have taken its place, which stays.
    private static func remove(_ sharedCall: SharedCall, _ flights: inout [Key: SharedCall]) {
        guard let place = flights.index(forKey: sharedCall.key),
            flights.values[place] === sharedCall
        else {
            return
        }
        flights.remove(at: place)
    }

    /// The outcome of a follower whose wait has ended. nil: it has none yet, and has left the
    /// shared call.
    func take(_ follower: Follower, of sharedCall: SharedCall) -> FollowerOutcome? {
        flights.withLock { _ in
            if let outcome = follower.outcome { return outcome }
            sharedCall.followers.removeAll { $0 === follower }
            return nil
        }
    }

    /// Marks the calls to a written path as outdated, so that the next request starts a call of its
    /// own.
    func outdate(path: [UInt8]) {
        flights.withLock { flights in
            // The order of iteration has no effect: each call is marked by itself.
            for (key, sharedCall) in flights where key.cacheKey.isAt(path) {
                sharedCall.isOutdated = true
                flights[key] = nil
            }
        }
    }
}
