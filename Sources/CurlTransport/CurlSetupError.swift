/// Why a transport could not be made, and what to do about it.
public struct CurlSetupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for programs.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case authorityFile, certificateFile, keyFile, password, proxy, library, thread
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The file of trusted certificates cannot be read or holds none.
        public static var authorityFile: Self { .init(.authorityFile) }
        /// The file of the client's certificate cannot be read or holds none.
        public static var certificateFile: Self { .init(.certificateFile) }
        /// The file of the client's key cannot be read, holds none, or one that does not belong to
        /// the certificate.
        public static var keyFile: Self { .init(.keyFile) }
        /// The client's key is encrypted, with another password or with one where none was given.
        public static var password: Self { .init(.password) }
        /// The proxy's URL is none.
        public static var proxy: Self { .init(.proxy) }
        /// The installed libcurl cannot do what is needed.
        public static var library: Self { .init(.library) }
        /// The system gave no thread.
        public static var thread: Self { .init(.thread) }

        /// The code's name, such as `authorityFile`.
        public var description: String { value.rawValue }
    }

    /// What is wrong, for programs.
    public var code: Code
    /// What is wrong and what to do, for people. Names files, and never a password.
    public var message: String

    /// An error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
