internal import CMicroHTTPD
import Crypto
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An authority that signs test certificates. Its key never leaves this value.
struct CertificateAuthority {
    /// The addresses and host names of a server.
    struct Place {
        let names: [GeneralName]

        init(addresses: [String], names: [String]) throws(MockUpstreamError) {
            var found = names.map { GeneralName.dnsName($0) }
            for address in addresses { found.append(.ipAddress(try Self.bytes(of: address))) }
            self.names = found
        }

        private static func bytes(of address: String) throws(MockUpstreamError) -> ASN1OctetString {
            var (four, six) = (in_addr(), in6_addr())
            if unsafe inet_pton(AF_INET, address, &four) == 1 {
                return octets(of: four)
            }
            if unsafe inet_pton(AF_INET6, address, &six) == 1 {
                return octets(of: six)
            }
            throw MockUpstreamError(
                code: .addressInvalid,
                message:
                    "'\(address)' is no IP address; a certificate needs one, such as 127.0.0.1.")
        }

        private static func octets<Address>(of address: Address) -> ASN1OctetString {
            let bytes = unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
            return ASN1OctetString(contentBytes: bytes[...])
        }
    }

    /// The purpose of a certificate.
    enum Purpose {
        case server(Place)
        case client
    }

    /// The authority's own certificate in PEM.
    let certificate: String
    private let name: DistinguishedName
    private let key = P256.Signing.PrivateKey()

    init(name: String) throws(MockUpstreamError) {
        let key = key
        (self.name, certificate) = try Self.making {
            let subject = try DistinguishedName { CommonName(name) }
            let certificate = try Self.signed(
                Certificate.PublicKey(key.publicKey), subject, days: -1..<365,
                Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true))
                    SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
                }, by: subject, with: key)
            return (subject, try certificate.serializeAsPEM().pemString)
        }
    }

    /// Makes a new key and a certificate for it. `days` is its period of validity relative to
    /// today, which is 0.
    func identity(_ purpose: Purpose, days: Range<Int> = -1..<365)
        throws(MockUpstreamError) -> MockUpstreamServer.Identity
    {
        let own = P256.Signing.PrivateKey()
        let leaf = try Self.making {
            let publicKey = Certificate.PublicKey(own.publicKey)
            let extensions = try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                SubjectKeyIdentifier(hash: publicKey)
                switch purpose {
                case .server(let place):
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(place.names)
                case .client:
                    try ExtendedKeyUsage([.clientAuth])
                }
            }
            let subject = try DistinguishedName { CommonName(purpose.name) }
            return try Self.signed(
                publicKey, subject, days: days, extensions, by: name, with: key
            ).serializeAsPEM().pemString
        }
        return MockUpstreamServer.Identity(
            chain: leaf + "\n" + certificate + "\n", key: own.pemRepresentation + "\n")
    }

    private static func signed(
        _ publicKey: Certificate.PublicKey, _ subject: DistinguishedName, days: Range<Int>,
        _ extensions: Certificate.Extensions, by issuer: DistinguishedName,
        with key: P256.Signing.PrivateKey
    ) throws -> Certificate {
        let day = 86_400.0
        let now = Date()
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now + day * Double(days.lowerBound),
            notValidAfter: now + day * Double(days.upperBound),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: Certificate.PrivateKey(key))
    }

    private static func making<Result>(_ body: () throws -> Result) throws(MockUpstreamError)
        -> Result
    {
        do { return try body() } catch {
            throw MockUpstreamError(
                code: .certificateInvalid, message: "no test certificate could be made: \(error).")
        }
    }
}

extension CertificateAuthority.Purpose {
    fileprivate var name: String {
        switch self {
        case .server: "Windtunnel test server"
        case .client: "Windtunnel test client"
        }
    }
}
