import HTTPTypes
import Synchronization

/// Sees to it that concurrent misses of one resource make one upstream call.
///
/// The first is the leader, the others follow. When the leader fails or is cancelled, the oldest
/// follower leads on; when its answer must not be shared, all go on their own.
final class SingleFlight: Sendable {
    /// What a flight is about: the resource, and the request's fields, any of which may matter.
    struct Key: Hashable {
        let cacheKey: CacheKey
        /// Names and values in their order, as bytes; see ``CacheKey``.
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

    /// What a follower is told.
    enum FollowerOutcome: Sendable {
        case shared(CacheEntry)
        case lead
        case alone
        /// The answer may be shared, but is not as the schema says, which is a part of the key.
        case invalid([FieldIssue], status: Int)
    }

    /// A follower; its word is written before its gate opens.
    final class Follower: @unchecked Sendable {
        let call: CallID
        let gate = Gate()
        // Guarded by `flights`.
        fileprivate var outcome: FollowerOutcome?
        init(_ call: CallID) { self.call = call }
    }

    /// One upstream call and those that wait for it.
    final class SharedCall: @unchecked Sendable {
        let key: Key
        // Guarded by `flights`, as what follows.
        fileprivate var followers: [Follower] = []
        /// A write came while it was under way: its answer may be from before.
        fileprivate var isOutdated = false
        fileprivate init(_ key: Key) { self.key = key }
    }

    enum Role {
        case leader(SharedCall)
        case follower(Follower, of: SharedCall)
    }

    /// Guards the flights and what they hold: a follower joins, leaves or is told under it.
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

    /// Whether the answer may be from before a write, and must not be kept.
    func isOutdated(_ sharedCall: SharedCall) -> Bool {
        flights.withLock { _ in sharedCall.isOutdated }
    }

    /// Ends a flight with an answer.
    /// - Returns: those to wake, the oldest first.
    func end(_ sharedCall: SharedCall, telling outcome: FollowerOutcome) -> [Follower] {
        flights.withLock { flights in
            Self.land(sharedCall, &flights)
            let followers = sharedCall.followers
            sharedCall.followers = []
            for follower in followers { follower.outcome = outcome }
            return followers
        }
    }

    /// Ends the leader's part without an answer.
    /// - Returns: the follower that leads on, to be woken; nil where there is none.
    func abandon(_ sharedCall: SharedCall) -> Follower? {
        flights.withLock { flights in
            guard !sharedCall.followers.isEmpty else {
                Self.land(sharedCall, &flights)
                return nil
            }
            let next = sharedCall.followers.removeFirst()
            next.outcome = .lead
            return next
        }
    }

    /// Nobody joins it any more. Where it is outdated another one may have its place.
    private static func land(_ sharedCall: SharedCall, _ flights: inout [Key: SharedCall]) {
        guard let place = flights.index(forKey: sharedCall.key),
            flights.values[place] === sharedCall
        else {
            return
        }
        flights.remove(at: place)
    }

    /// What the follower was told; nil where it leaves before it was told anything, and is then out.
    func take(_ follower: Follower, of sharedCall: SharedCall) -> FollowerOutcome? {
        flights.withLock { _ in
            if let outcome = follower.outcome { return outcome }
            sharedCall.followers.removeAll { $0 === follower }
            return nil
        }
    }

    /// Notes that a path was written to: whoever asks now starts a flight of its own.
    func outdate(path: [UInt8]) {
        flights.withLock { flights in
            // The order of visiting shows nowhere: each flight is marked on its own.
            for (key, sharedCall) in flights where key.cacheKey.isAt(path) {
                sharedCall.isOutdated = true
                flights[key] = nil
            }
        }
    }
}
