/// Extra time before the answer. Several that apply add up; the answer itself stays as it is.
public struct LatencyFault: Sendable, Hashable {
    public var law: Law
    public init(law: Law) { self.law = law }
}
