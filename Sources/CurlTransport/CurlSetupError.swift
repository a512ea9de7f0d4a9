/// The reason why a transport could not be made, and what to do about it.
public struct CurlSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of the problem, for programs.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case authorityFile, certificateFile, keyFile, password, proxy, library, thread
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The file of trusted certificates cannot be read or holds no certificate.
        public static var authorityFile: Self { .init(.authorityFile) }
        /// The file of the client's certificate cannot be read or holds no certificate.
        public static var certificateFile: Self { .init(.certificateFile) }
        /// The file of the client's key cannot be read, holds no key, or holds a key of another
        /// certificate.
        public static var keyFile: Self { .init(.keyFile) }
        /// The client's key is encrypted, and the password is missing or wrong.
        public static var password: Self { .init(.password) }
        /// The proxy's URL is not valid.
        public static var proxy: Self { .init(.proxy) }
        /// The installed libcurl lacks a required feature.
        public static var library: Self { .init(.library) }
        /// The system could not start a thread.
        public static var thread: Self { .init(.thread) }

        /// The code's name, such as `authorityFile`.
        public var description: String { value.rawValue }
    }

    /// The kind of the problem, for programs.
    public var code: Code
    /// The problem and what to do about it, for people. It may name files, but never a password.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
