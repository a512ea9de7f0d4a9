/// Why the server does not run.
public struct MockUpstreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
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

        /// The address is no IP address.
        public static var addressInvalid: Self { .init(.addressInvalid) }
        /// Somebody listens there already.
        public static var addressInUse: Self { .init(.addressInUse) }
        /// The address belongs to another machine.
        public static var addressNotHere: Self { .init(.addressNotHere) }
        /// This user may not listen there.
        public static var notPermitted: Self { .init(.notPermitted) }
        /// A certificate or a key cannot be used.
        public static var certificateInvalid: Self { .init(.certificateInvalid) }
        /// No descriptor, memory or thread is left.
        public static var outOfResources: Self { .init(.outOfResources) }
        /// A certificate could not be written into a folder.
        public static var fileNotWritten: Self { .init(.fileNotWritten) }

        /// Such as `address_in_use`.
        public var description: String { value.rawValue }
    }

    /// What went wrong, for programs.
    public var code: Code
    /// What went wrong and what to do, for people.
    public var message: String

    /// The message.
    public var description: String { message }
}
