/// The usual answer with its JSON body cut in the middle. The HTTP message is complete.
public struct MalformedJSONFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension MalformedJSONFault: FaultEffect {
    var isBreakerFailure: Bool { false }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        // Half of a valid JSON text may be valid too (`1` of `11`), but never after an open
        // bracket.
        let body = [UInt8(ascii: "[")] + usual.body.prefix(usual.body.count / 2)
        return .answer(Answer(status: usual.status, fields: usual.fields, body: body))
    }
}
