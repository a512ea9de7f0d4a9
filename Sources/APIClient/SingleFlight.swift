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
    enum Word: Sendable {
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
        fileprivate var word: Word?
        init(_ call: CallID) { self.call = call }
    }

    /// One upstream call and those that wait for it.
    final class Flight: @unchecked Sendable {
        let key: Key
        // Guarded by `flights`, as what follows.
        fileprivate var followers: [Follower] = []
        /// A write came while it was under way: its answer may be from before.
        fileprivate var isOutdated = false
        fileprivate init(_ key: Key) { self.key = key }
    }

    enum Role {
        case leader(Flight)
        case follower(Follower, of: Flight)
    }

    /// Guards the flights and what they hold: a follower joins, leaves or is told under it.
    private let flights = Mutex<[Key: Flight]>([:])

    func join(_ key: Key, _ call: CallID) -> Role {
        flights.withLock { flights in
            guard let flight = flights[key] else {
                let flight = Flight(key)
                flights[key] = flight
                return .leader(flight)
            }
            let follower = Follower(call)
            flight.followers.append(follower)
            return .follower(follower, of: flight)
        }
    }

    /// Whether the answer may be from before a write, and must not be kept.
    func isOutdated(_ flight: Flight) -> Bool { flights.withLock { _ in flight.isOutdated } }

    /// Ends a flight with an answer.
    /// - Returns: those to wake, the oldest first.
    func end(_ flight: Flight, telling word: Word) -> [Follower] {
        flights.withLock { flights in
            Self.land(flight, &flights)
            let followers = flight.followers
            flight.followers = []
            for follower in followers { follower.word = word }
            return followers
        }
    }

    /// Ends the leader's part without an answer.
    /// - Returns: the follower that leads on, to be woken; nil where there is none.
    func abandon(_ flight: Flight) -> Follower? {
        flights.withLock { flights in
            guard !flight.followers.isEmpty else {
                Self.land(flight, &flights)
                return nil
            }
            let next = flight.followers.removeFirst()
            next.word = .lead
            return next
        }
    }

    /// Nobody joins it any more. Where it is outdated another one may have its place.
    private static func land(_ flight: Flight, _ flights: inout [Key: Flight]) {
        guard let place = flights.index(forKey: flight.key), flights.values[place] === flight else {
            return
        }
        flights.remove(at: place)
    }

    /// What the follower was told; nil where it leaves before it was told anything, and is then out.
    func take(_ follower: Follower, of flight: Flight) -> Word? {
        flights.withLock { _ in
            if let word = follower.word { return word }
            flight.followers.removeAll { $0 === follower }
            return nil
        }
    }

    /// Notes that a path was written to: whoever asks now starts a flight of its own.
    func outdate(path: [UInt8]) {
        flights.withLock { flights in
            // The order of visiting shows nowhere: each flight is marked on its own.
            for (key, flight) in flights where key.cacheKey.isAt(path) {
                flight.isOutdated = true
                flights[key] = nil
            }
        }
    }
}
