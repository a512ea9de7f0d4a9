/// Why the server does not run.
package struct MockUpstreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
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
        package static var addressInvalid: Self { .init(.addressInvalid) }
        /// Somebody listens there already.
        package static var addressInUse: Self { .init(.addressInUse) }
        /// The address belongs to another machine.
        package static var addressNotHere: Self { .init(.addressNotHere) }
        /// This user may not listen there.
        package static var notPermitted: Self { .init(.notPermitted) }
        /// A certificate or a key cannot be used.
        package static var certificateInvalid: Self { .init(.certificateInvalid) }
        /// No descriptor, memory or thread is left.
        package static var outOfResources: Self { .init(.outOfResources) }
        /// A certificate could not be written into a folder.
        package static var fileNotWritten: Self { .init(.fileNotWritten) }

        /// Such as `address_in_use`.
        package var description: String { value.rawValue }
    }

    /// What went wrong, for programs.
    package var code: Code
    /// What went wrong and what to do, for people.
    package var message: String

    /// The message.
    package var description: String { message }
}
