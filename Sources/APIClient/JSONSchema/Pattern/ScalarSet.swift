/// A set of code points, as written in a pattern.
struct ScalarSet: Sendable, Hashable {
    enum Class: Sendable, Hashable {
        case digit
        case word
        case space
        /// The class `.`: everything except line terminators.
        case notLineEnd
        case category(Set<Unicode.GeneralCategory>)
        case alphabetic
        case uppercase
        case lowercase
        case whiteSpace
        case any
    }

    private var ranges: [ClosedRange<UInt32>] = []
    private var classes: [(kind: Class, isNegated: Bool)] = []
    private var isNegated = false
    /// Membership of the first 128 code points, precomputed because nearly all lookups are for
    /// these.
    private var ascii: (low: UInt64, high: UInt64) = (0, 0)

    init(
        ranges: [ClosedRange<UInt32>] = [], classes: [(kind: Class, isNegated: Bool)] = [],
        isNegated: Bool = false
    ) {
        self.ranges = ranges
        self.classes = classes
        self.isNegated = isNegated
        for code in UInt32(0)..<128 where isMember(code) {
            if code < 64 {
                ascii.low |= 1 << UInt64(code)
            } else {
                ascii.high |= 1 << UInt64(code - 64)
            }
        }
    }

    init(_ kind: Class, isNegated: Bool = false) {
        self.init(classes: [(kind, isNegated)])
    }

    func contains(_ code: UInt32) -> Bool {
        if code < 64 { return ascii.low >> UInt64(code) & 1 == 1 }
        if code < 128 { return ascii.high >> UInt64(code - 64) & 1 == 1 }
        return isMember(code)
    }

    private func isMember(_ code: UInt32) -> Bool {
        let isNamed =
            ranges.contains { $0.contains(code) }
            || classes.contains { Self.isMember(code, of: $0.kind) != $0.isNegated }
        return isNamed != isNegated
    }

    private static func isMember(_ code: UInt32, of kind: Class) -> Bool {
        switch kind {
        case .digit: return (0x30...0x39).contains(code)
        case .word:
            switch code {
            case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: return true
            default: return false
            }
        case .space:
            switch code {
            case 9...13, 0x20, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
                0x3000, 0xfeff:
                return true
            default: return false
            }
        case .notLineEnd: return ![10, 13, 0x2028, 0x2029].contains(code)
        case .any: return true
        default: break
        }
        guard let properties = Unicode.Scalar(code)?.properties else { return false }
        switch kind {
        case .category(let categories): return categories.contains(properties.generalCategory)
        case .alphabetic: return properties.isAlphabetic
        case .uppercase: return properties.isUppercase
        case .lowercase: return properties.isLowercase
        case .whiteSpace: return properties.isWhitespace
        default: return false
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.ranges == right.ranges && left.isNegated == right.isNegated
            && left.classes.elementsEqual(right.classes) {
                $0.kind == $1.kind && $0.isNegated == $1.isNegated
            }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(ranges) }
}

extension ScalarSet.Class {
    /// The class that `\p{…}` names; nil if it is not supported.
    init?(property text: String) {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1:
            switch text {
            case "Any": self = .any
            case "Alphabetic", "Alpha": self = .alphabetic
            case "Uppercase", "Upper": self = .uppercase
            case "Lowercase", "Lower": self = .lowercase
            case "White_Space", "space": self = .whiteSpace
            default:
                guard let categories = Self.categories[text] else { return nil }
                self = .category(categories)
            }
        case 2 where parts[0] == "General_Category" || parts[0] == "gc":
            guard let categories = Self.categories[parts[1]] else { return nil }
            self = .category(categories)
        default: return nil
        }
    }

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        let single: [(String, String, Unicode.GeneralCategory)] = [
            ("Lu", "Uppercase_Letter", .uppercaseLetter),
            ("Ll", "Lowercase_Letter", .lowercaseLetter),
            ("Lt", "Titlecase_Letter", .titlecaseLetter),
            ("Lm", "Modifier_Letter", .modifierLetter), ("Lo", "Other_Letter", .otherLetter),
            ("Mn", "Nonspacing_Mark", .nonspacingMark), ("Mc", "Spacing_Mark", .spacingMark),
            ("Me", "Enclosing_Mark", .enclosingMark), ("Nd", "Decimal_Number", .decimalNumber),
            ("Nl", "Letter_Number", .letterNumber), ("No", "Other_Number", .otherNumber),
            ("Pc", "Connector_Punctuation", .connectorPunctuation),
            ("Pd", "Dash_Punctuation", .dashPunctuation),
            ("Ps", "Open_Punctuation", .openPunctuation),
            ("Pe", "Close_Punctuation", .closePunctuation),
            ("Pi", "Initial_Punctuation", .initialPunctuation),
            ("Pf", "Final_Punctuation", .finalPunctuation),
            ("Po", "Other_Punctuation", .otherPunctuation), ("Sm", "Math_Symbol", .mathSymbol),
            ("Sc", "Currency_Symbol", .currencySymbol), ("Sk", "Modifier_Symbol", .modifierSymbol),
            ("So", "Other_Symbol", .otherSymbol), ("Zs", "Space_Separator", .spaceSeparator),
            ("Zl", "Line_Separator", .lineSeparator),
            ("Zp", "Paragraph_Separator", .paragraphSeparator), ("Cc", "Control", .control),
            ("Cf", "Format", .format), ("Cs", "Surrogate", .surrogate),
            ("Co", "Private_Use", .privateUse), ("Cn", "Unassigned", .unassigned),
        ]
        var categories: [String: Set<Unicode.GeneralCategory>] = [:]
        for (short, long, category) in single {
            categories[short] = [category]
            categories[long] = [category]
            categories[String(short.prefix(1)), default: []].insert(category)
        }
        categories["LC"] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
        for (name, of) in [
            ("Letter", "L"), ("Cased_Letter", "LC"), ("Mark", "M"), ("Combining_Mark", "M"),
            ("Number", "N"), ("digit", "Nd"), ("Punctuation", "P"), ("punct", "P"), ("Symbol", "S"),
            ("Separator", "Z"), ("Other", "C"), ("cntrl", "Cc"),
        ] {
            categories[name] = categories[of]
        }
        return categories
    }()
}
