public import HTTPTypes

/// What a request shows to be let in.
public struct Credential: Sendable, Hashable, CustomStringConvertible {
    /// One reference instead of five: a credential goes along with every attempt.
    private final class Storage: Sendable {
        let identity: String
        let fieldName: HTTPField.Name
        let prefix: String
        let secret: Secret

        init(_ identity: String, _ fieldName: HTTPField.Name, _ prefix: String, _ secret: Secret) {
            self.identity = identity
            self.fieldName = fieldName
            self.prefix = prefix
            self.secret = secret
        }
    }

    private let storage: Storage

    /// A credential of any kind that goes into a field.
    public init(identity: String, fieldName: HTTPField.Name, prefix: String = "", secret: Secret) {
        storage = Storage(identity, fieldName, prefix, secret)
    }

    /// Whose it is. Two credentials with different identities never share a cached answer. It may
    /// appear in a cache's keys; it is no secret.
    public var identity: String { storage.identity }
    /// The field that carries it, such as `Authorization`.
    public var fieldName: HTTPField.Name { storage.fieldName }
    /// What stands before the secret in that field, such as `Bearer `.
    public var prefix: String { storage.prefix }
    /// What must not be shown.
    public var secret: Secret { storage.secret }

    /// Equal in everything that is sent, and of the same identity.
    public static func == (left: Credential, right: Credential) -> Bool {
        left.identity == right.identity && left.fieldName == right.fieldName
            && left.prefix == right.prefix && left.secret == right.secret
    }

    /// Feeds what tells credentials apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        hasher.combine(secret)
    }

    /// Whose and where, never what.
    public var description: String { "Credential(\(identity), \(fieldName): \(prefix)\(secret))" }

    /// An API key in a field of its own.
    public static func apiKey(
        _ key: Secret, identity: String, fieldName: HTTPField.Name = .apiKey
    ) -> Credential {
        Credential(identity: identity, fieldName: fieldName, prefix: "", secret: key)
    }

    /// A bearer token (RFC 6750).
    public static func bearer(_ token: Secret, identity: String) -> Credential {
        Credential(identity: identity, fieldName: .authorization, prefix: "Bearer ", secret: token)
    }
}

/// Where the client gets its credentials from.
public protocol CredentialProvider: Sendable {
    /// Whose credentials these are; see ``Credential/identity``.
    var identity: String { get }

    /// The secrets that are known before anybody asks for a credential. They are taken out of log
    /// lines from the start; others from their first use on. By default none.
    var secrets: [Secret] { get }

    /// The credential for the next send where there is nothing to wait for; nil: ask
    /// ``credential()``. Its secret is among ``secrets``. By default nil.
    var presentCredential: Credential? { get }

    /// The credential for the next send. Its task is cancelled at the request's deadline, and the request
    /// ends as soon as it returns: let what waits for others heed that, and let no refresh that others
    /// wait for, too, run in it.
    /// - Throws: any error; the request then ends with `AUTHENTICATION_ERROR`.
    func credential() async throws -> Credential?

    /// A newer credential after the upstream answered 401 to `rejected`; nil: there is none. Cancelled as
    /// ``credential()`` is.
    func refreshed(after rejected: Credential) async throws -> Credential?
}

extension CredentialProvider {
    /// None.
    public var secrets: [Secret] { [] }
    /// None: ask ``credential()``.
    public var presentCredential: Credential? { nil }
}

/// One credential that never changes, or none.
public struct StaticCredentials: CredentialProvider {
    private let fixed: Credential?

    /// Shows this credential with every request; nil: none.
    public init(_ credential: Credential?) { fixed = credential }

    /// The credential's; empty where there is none.
    public var identity: String { fixed?.identity ?? "" }
    /// The credential's.
    public var secrets: [Secret] { fixed.map { [$0.secret] } ?? [] }
    /// Always the same one.
    public var presentCredential: Credential? { fixed }
    /// Always the same one.
    public func credential() async throws -> Credential? { fixed }
    /// There is none newer.
    public func refreshed(after rejected: Credential) async throws -> Credential? { nil }
}
