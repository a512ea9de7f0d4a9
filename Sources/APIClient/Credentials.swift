public import HTTPTypes

/// A secret with the header field that carries it and the identity that it belongs to.
public struct Credential: Sendable, Hashable, CustomStringConvertible {
    /// All properties behind one reference, because every attempt carries a credential.
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

    /// Makes a credential for any header field.
    public init(identity: String, fieldName: HTTPField.Name, prefix: String = "", secret: Secret) {
        storage = Storage(identity, fieldName, prefix, secret)
    }

    /// The identity that the credential belongs to, such as an account name. Answers are cached for
    /// one identity only. It may appear in cache keys and is not secret.
    public var identity: String { storage.identity }
    /// The field that carries the credential, such as `Authorization`.
    public var fieldName: HTTPField.Name { storage.fieldName }
    /// The text before the secret in that field, such as `Bearer `. Defaults to empty.
    public var prefix: String { storage.prefix }
    /// The secret, which is redacted from logs and errors.
    public var secret: Secret { storage.secret }

    /// Compares the identity and everything that is sent.
    public static func == (left: Credential, right: Credential) -> Bool {
        left.identity == right.identity && left.fieldName == right.fieldName
            && left.prefix == right.prefix && left.secret == right.secret
    }

    /// Feeds the identity and the secret to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        hasher.combine(secret)
    }

    /// The identity and the field; the secret is shown as `<redacted>`.
    public var description: String { "Credential(\(identity), \(fieldName): \(prefix)\(secret))" }

    /// Makes a credential of an API key, by default in the field `X-API-Key`.
    public static func apiKey(
        _ key: Secret, identity: String, fieldName: HTTPField.Name = .apiKey
    ) -> Credential {
        Credential(identity: identity, fieldName: fieldName, prefix: "", secret: key)
    }

    /// Makes a credential of a bearer token in the field `Authorization` (RFC 6750).
    public static func bearer(_ token: Secret, identity: String) -> Credential {
        Credential(identity: identity, fieldName: .authorization, prefix: "Bearer ", secret: token)
    }
}

/// Supplies the client's credentials.
public protocol CredentialProvider: Sendable {
    /// The identity of the credentials, as in ``Credential/identity``.
    var identity: String { get }

    /// The secrets that are known before the first credential is asked for. They are redacted from
    /// the start, all others from their first use on. Defaults to none.
    var secrets: [Secret] { get }

    /// The credential for the next send if it is available without waiting; its secret must be one
    /// of ``secrets``. nil (the default): the client calls ``credential()``.
    var presentCredential: Credential? { get }

    /// The credential for the next send; nil: the request is sent without one.
    ///
    /// The call's task is cancelled at the request's deadline, and the request ends only when the
    /// call returns. An implementation should therefore react to cancellation, and should not run a
    /// refresh that other requests wait for in this task.
    /// - Throws: any error; the request then ends with `AUTHENTICATION_ERROR`.
    func credential() async throws -> Credential?

    /// A newer credential after the upstream answered 401 to `rejected`; nil if there is none. The
    /// task is cancelled as in ``credential()``.
    /// - Throws: any error; the request then ends with `AUTHENTICATION_ERROR`.
    func refreshed(after rejected: Credential) async throws -> Credential?
}

extension CredentialProvider {
    /// No secrets.
    public var secrets: [Secret] { [] }
    /// nil, so that the client calls ``credential()``.
    public var presentCredential: Credential? { nil }
}

/// A provider with one credential that never changes, or with none.
public struct StaticCredentials: CredentialProvider {
    private let fixed: Credential?

    /// Makes a provider that supplies this credential for every request; nil: requests carry none.
    public init(_ credential: Credential?) { fixed = credential }

    /// The identity of the credential; empty if there is none.
    public var identity: String { fixed?.identity ?? "" }
    /// The secret of the credential; empty if there is none.
    public var secrets: [Secret] { fixed.map { [$0.secret] } ?? [] }
    /// The same credential on every call.
    public var presentCredential: Credential? { fixed }
    /// The same credential on every call.
    public func credential() async throws -> Credential? { fixed }
    /// nil, because there is no newer credential.
    public func refreshed(after rejected: Credential) async throws -> Credential? { nil }
}
