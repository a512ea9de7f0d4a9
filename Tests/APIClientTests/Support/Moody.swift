import APIClient
import Synchronization

/// A provider whose credentials fail, change or take time, depending on the number of the call.
final class Moody: CredentialProvider {
    struct Refused: Error {}

    let identity: String
    private let failures: Set<Int>
    private let give: @Sendable (Int) async -> Credential?
    private let renew: @Sendable (Credential) async throws -> Credential?
    private let asked = Mutex(0)

    init(
        identity: String = "", failures: Set<Int> = [],
        give: @escaping @Sendable (Int) async -> Credential? = { _ in nil },
        renew: @escaping @Sendable (Credential) async throws -> Credential? = { _ in nil }
    ) {
        self.identity = identity
        self.failures = failures
        self.give = give
        self.renew = renew
    }

    /// The number of times a credential was asked for.
    var questions: Int { asked.withLock { $0 } }

    func credential() async throws -> Credential? {
        let question = asked.withLock { asked in
            defer { asked += 1 }
            return asked
        }
        if failures.contains(question) { throw Refused() }
        return await give(question)
    }

    func refreshed(after rejected: Credential) async throws -> Credential? {
        try await renew(rejected)
    }
}
