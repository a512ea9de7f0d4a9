/// The usual answer with its JSON body cut in the middle; the HTTP message around it is whole.
public struct MalformedJSONFault: Sendable, Hashable {
    public init() {}
}
