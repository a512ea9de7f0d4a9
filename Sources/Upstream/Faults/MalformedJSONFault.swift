/// The usual answer with its JSON body cut in the middle; the HTTP message around it is whole.
public struct MalformedJSONFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension MalformedJSONFault: FaultEffect {
    var isBreakerFailure: Bool { false }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        // Half of a valid text can be valid too (`11` and `1`); an open bracket never is.
        let body = [UInt8(ascii: "[")] + usual.body.prefix(usual.body.count / 2)
        return .answer(Answer(status: usual.status, fields: usual.fields, body: body))
    }
}
