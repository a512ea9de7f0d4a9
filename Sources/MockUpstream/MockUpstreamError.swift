/// The reason why the server cannot run.
public struct MockUpstreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of a failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case addressInvalid = "address_invalid"
            case addressInUse = "address_in_use"
            case addressNotHere = "address_not_here"
            case notPermitted = "not_permitted"
            case certificateInvalid = "certificate_invalid"
            case outOfResources = "out_of_resources"
            case fileNotWritten = "file_not_written"
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The address is not an IP address.
        public static var addressInvalid: Self { .init(.addressInvalid) }
        /// Another socket already listens at the address and port.
        public static var addressInUse: Self { .init(.addressInUse) }
        /// The address does not belong to this machine.
        public static var addressNotHere: Self { .init(.addressNotHere) }
        /// This user may not listen at the port.
        public static var notPermitted: Self { .init(.notPermitted) }
        /// A certificate or a key cannot be used, or is missing.
        public static var certificateInvalid: Self { .init(.certificateInvalid) }
        /// The system has no descriptor, memory or thread left.
        public static var outOfResources: Self { .init(.outOfResources) }
        /// A file could not be written.
        public static var fileNotWritten: Self { .init(.fileNotWritten) }

        /// The code as text, such as `address_in_use`.
        public var description: String { value.rawValue }
    }

    /// The kind of the failure, for programs.
    public var code: Code
    /// What went wrong and what to do about it, for people.
    public var message: String

    /// The message.
    public var description: String { message }
}
