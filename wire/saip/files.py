"""The file system: FCPs, file contents, generic file management and the elements made from templates.

Spec: TCA eUICC Profile Package: Interoperable Format 3.3.1, annex B (PEDefinitions)
"""

from typing import Any

from wire.asn1 import OPTIONAL, Choice, Null, ObjectIdentifier, OctetString, Sequence, SequenceOf, at, octets
from wire.saip.types import ApplicationIdentifier, PEHeader, UInt16


class ProprietaryInfo(Sequence):
    _fields = [
        ("specialFileInformation", octets(1, 1), at(0xC0, default=bytes.fromhex("00"))),
        ("fillPattern", octets(1, 200), at(0xC1, OPTIONAL)),
        ("repeatPattern", octets(1, 200), at(0xC2, OPTIONAL)),
        ("maximumFileSize", OctetString, at(0x86, OPTIONAL)),
        ("fileDetails", octets(1, 1), at(0x84, default=bytes.fromhex("01"))),
    ]


class Fcp(Sequence):
    _fields = [
        ("fileDescriptor", octets(2, 4), at(0x82, OPTIONAL)),
        ("fileID", octets(2, 2), at(0x83, OPTIONAL)),
        ("dfName", ApplicationIdentifier, at(0x84, OPTIONAL)),
        ("lcsi", octets(1, 1), at(0x8A, default=bytes.fromhex("05"))),
        ("securityAttributesReferenced", octets(1, 3), at(0x8B, OPTIONAL)),
        ("efFileSize", OctetString, at(0x80, OPTIONAL)),
        ("pinStatusTemplateDO", OctetString, at(0xC6, OPTIONAL)),
        ("shortEFID", octets(0, 1), at(0x88, OPTIONAL)),
        ("proprietaryEFInfo", ProprietaryInfo, at(0xA5, OPTIONAL)),
        ("linkPath", octets(0, 8), at(0xC7, OPTIONAL)),
    ]


class FileElement(Choice):
    _alternatives = [
        ("doNotCreate", Null, at(0x80)),
        ("fileDescriptor", Fcp, at(0xA1)),
        ("fillFileOffset", UInt16, at(0x82)),
        ("fillFileContent", OctetString, at(0x83)),
    ]


class File(SequenceOf, of=FileElement):
    """SEQUENCE OF CHOICE."""


def template(header: str, files: str) -> list[tuple[Any, ...]]:
    """Fields of an element made from a template: header, templateID, then files tagged by position ("?" = optional).

    Component n has the context tag n: A2, A3, ... BE, BF1F, BF20, ...
    """
    fields: list[tuple[Any, ...]] = [(header, PEHeader, at(0xA0)), ("templateID", ObjectIdentifier, at(0x81))]
    for number, name in enumerate(files.split(), 2):
        tag = 0xA0 | number if number < 0x1F else 0xBF00 | number
        fields.append((name.rstrip("?"), File, at(tag, name.endswith("?"))))
    return fields


class FileManagementElement(Choice):
    _alternatives = [
        ("filePath", octets(0, 8), at(0x80)),
        ("createFCP", Fcp, at(0x62)),
        ("fillFileOffset", UInt16),
        ("fillFileContent", OctetString, at(0x81)),
    ]


class FileManagement(SequenceOf, of=FileManagementElement, size=(1, None)):
    "SEQUENCE OF CHOICE."


class FileManagementCMD(SequenceOf, of=FileManagement, size=(1, None)):
    "The type of `fileManagementCMD`."


class PE_GenericFileManagement(Sequence):
    _fields = [
        ("gfm-header", PEHeader, at(0xA0)),
        ("fileManagementCMD", FileManagementCMD, at(0xA1)),
    ]


class PE_MF(Sequence):
    _fields = template("mf-header", "mf ef-pl? ef-iccid ef-dir ef-arr ef-umpc?")


class PE_CD(Sequence):
    _fields = template("cd-header", "df-cd ef-launchpad? ef-icon?")


class PE_TELECOM(Sequence):
    _fields = template(
        "telecom-header",
        """
        df-telecom ef-arr? ef-rma? ef-sume? ef-ice-dn? ef-ice-ff? ef-psismsc? df-graphics? ef-img? ef-iidf?
        ef-ice-graphics? ef-launch-scws? ef-icon? df-phonebook? ef-pbr? ef-ext1? ef-aas? ef-gas? ef-psc? ef-cc?
        ef-puid? ef-iap? ef-adn? ef-pbc? ef-anr? ef-puri? ef-email? ef-sne? ef-uid? ef-grp? ef-ccp1? df-multimedia?
        ef-mml? ef-mmdf? df-mmss? ef-mlpl? ef-mspl? ef-mmssmode? df-mcs? ef-mst? ef-mcs-config? df-v2x? ef-vst?
        ef-v2x-config? ef-v2xp-pc5? ef-v2xp-Uu?
        """,
    )


class PE_USIM(Sequence):
    _fields = template(
        "usim-header",
        """
        adf-usim ef-imsi ef-arr ef-keys? ef-keysPS? ef-hpplmn? ef-ust ef-fdn? ef-sms? ef-smsp? ef-smss? ef-spn
        ef-est ef-start-hfn? ef-threshold? ef-psloci? ef-acc ef-fplmn? ef-loci? ef-ad? ef-ecc ef-netpar? ef-epsloci?
        ef-epsnsc?
        """,
    )


class PE_OPT_USIM(Sequence):
    _fields = template(
        "optusim-header",
        """
        ef-li? ef-acmax? ef-acm? ef-gid1? ef-gid2? ef-msisdn? ef-puct? ef-cbmi? ef-cbmid? ef-sdn? ef-ext2? ef-ext3?
        ef-cbmir? ef-plmnwact? ef-oplmnwact? ef-hplmnwact? ef-dck? ef-cnl? ef-smsr? ef-bdn? ef-ext5? ef-ccp2?
        ef-ext4? ef-acl? ef-cmi? ef-ici? ef-oci? ef-ict? ef-oct? ef-vgcs? ef-vgcss? ef-vbs? ef-vbss? ef-emlpp?
        ef-aaem? ef-hiddenkey? ef-pnn? ef-opl? ef-mbdn? ef-ext6? ef-mbi? ef-mwis? ef-cfis? ef-ext7? ef-spdi?
        ef-mmsn? ef-ext8? ef-mmsicp? ef-mmsup? ef-mmsucp? ef-nia? ef-vgcsca? ef-vbsca? ef-gbabp? ef-msk? ef-muk?
        ef-ehplmn? ef-gbanl? ef-ehplmnpi? ef-lrplmnsi? ef-nafkca? ef-spni? ef-pnni? ef-ncp-ip? ef-ufc? ef-nasconfig?
        ef-uicciari? ef-pws? ef-fdnuri? ef-bdnuri? ef-sdnuri? ef-ial? ef-ips? ef-ipd? ef-epdgid? ef-epdgselection?
        ef-epdgidem? ef-epdgselectionem? ef-frompreferred? ef-imsconfigdata? ef-3gpppsdataoff?
        ef-3gpppsdataoffservicelist? ef-xcapconfigdata? ef-earfcnlist? ef-mudmidconfigdata? ef-eaka?
        """,
    )


class PE_PHONEBOOK(Sequence):
    _fields = template(
        "phonebook-header",
        """
        df-phonebook ef-pbr? ef-ext1? ef-aas? ef-gas? ef-psc? ef-cc? ef-puid? ef-iap? ef-adn? ef-pbc? ef-anr?
        ef-puri? ef-email? ef-sne? ef-uid? ef-grp? ef-ccp1?
        """,
    )


class PE_GSM_ACCESS(Sequence):
    _fields = template("gsm-access-header", "df-gsm-access ef-kc? ef-kcgprs? ef-cpbcch? ef-invscan?")


class PE_DF_5GS(Sequence):
    _fields = template(
        "df-5gs-header",
        """
        df-df-5gs ef-5gs3gpploci? ef-5gsn3gpploci? ef-5gs3gppnsc? ef-5gsn3gppnsc? ef-5gauthkeys? ef-uac-aic?
        ef-suci-calc-info? ef-opl5g? ef-supinai? ef-routing-indicator? ef-ursp? ef-tn3gppsnn? ef-cag? ef-sor-cmci?
        ef-dri? ef-5gsedrx? ef-5gnswo-conf? ef-mchpplmn? ef-kausf-derivation?
        """,
    )


class PE_DF_SAIP(Sequence):
    _fields = template("df-saip-header", "df-df-saip ef-suci-calc-info-usim?")


class PE_DF_SNPN(Sequence):
    _fields = template("df-snpn-header", "df-df-snpn ef-pws-snpn?")


class PE_DF_5GPROSE(Sequence):
    _fields = template(
        "df-5g-prose-header",
        """
        df-df-5g-prose ef-5g-prose-st? ef-5g-prose-dd? ef-5g-prose-dc? ef-5g-prose-u2nru? ef-5g-prose-ru?
        ef-5g-prose-uir?
        """,
    )


class PE_ISIM(Sequence):
    _fields = template("isim-header", "adf-isim ef-impi ef-impu ef-domain ef-ist ef-ad? ef-arr")


class PE_OPT_ISIM(Sequence):
    _fields = template(
        "optisim-header",
        """
        ef-pcscf? ef-sms? ef-smsp? ef-smss? ef-smsr? ef-gbabp? ef-gbanl? ef-nafkca? ef-uicciari? ef-frompreferred?
        ef-imsconfigdata? ef-xcapconfigdata? ef-webrtcuri? ef-mudmidconfigdata?
        """,
    )


class PE_CSIM(Sequence):
    _fields = template(
        "csim-header",
        """
        adf-csim ef-arr ef-call-count ef-imsi-m ef-imsi-t ef-tmsi ef-ah ef-aop ef-aloc ef-cdmahome ef-znregi
        ef-snregi ef-distregi ef-accolc ef-term ef-acp ef-prl ef-ruimid ef-csim-st ef-spc ef-otapaspc ef-namlock
        ef-ota ef-sp ef-esn-meid-me ef-li ef-usgind ef-ad ef-max-prl ef-spcs ef-mecrp ef-home-tag ef-group-tag
        ef-specific-tag ef-call-prompt
        """,
    )


class PE_OPT_CSIM(Sequence):
    _fields = template(
        "optcsim-header",
        """
        ef-ssci? ef-fdn? ef-sms? ef-smsp? ef-smss? ef-ssfc? ef-spn? ef-mdn? ef-ecc? ef-me3gpdopc? ef-3gpdopm?
        ef-sipcap? ef-mipcap? ef-sipupp? ef-mipupp? ef-sipsp? ef-mipsp? ef-sippapss? ef-puzl? ef-maxpuzl?
        ef-hrpdcap? ef-hrpdupp? ef-csspr? ef-atc? ef-eprl? ef-bcsmscfg? ef-bcsmspref? ef-bcsmstable? ef-bcsmsp?
        ef-bakpara? ef-upbakpara? ef-mmsn? ef-ext8? ef-mmsicp? ef-mmsup? ef-mmsucp? ef-auth-capability? ef-3gcik?
        ef-dck? ef-gid1? ef-gid2? ef-cdmacnl? ef-sf-euimid? ef-est? ef-hidden-key? ef-lcsver? ef-lcscp? ef-sdn?
        ef-ext2? ef-ext3? ef-ici? ef-oci? ef-ext5? ef-ccp2? ef-applabels? ef-model? ef-rc? ef-smscap? ef-mipflags?
        ef-3gpduppext? ef-ipv6cap? ef-tcpconfig? ef-dgc? ef-wapbrowsercp? ef-wapbrowserbm? ef-mmsconfig? ef-jdl?
        """,
    )


class PE_EAP(Sequence):
    _fields = template("eap-header", "df-eap ef-eapkeys? ef-eapstatus ef-puid? ef-ps? ef-curid? ef-reid? ef-realm?")


class PE_IoT(Sequence):
    _fields = template(
        "iot-header",
        """
        mf? ef-pl? ef-iccid? ef-dir? ef-arr? ef-umpc? adf-usim? ef-imsi ef-arr-usim? ef-keys? ef-keysPS? ef-hpplmn?
        ef-ust? ef-start-hfn? ef-threshold? ef-psloci? ef-acc ef-fplmn? ef-loci? ef-ad? ef-ecc? ef-netpar?
        """,
    )


class PE_OPT_IoT(Sequence):
    _fields = template(
        "optiot-header",
        """
        ef-fdn? ef-sms? ef-smsp? ef-smss? ef-spn? ef-est? ef-oplmnwact? ef-hplmnwact? ef-ehplmn? ef-epsloci?
        ef-epsnsc? df-df-5gs? ef-5gs3gpploci? ef-5gsn3gpploci? ef-5gs3gppnsc? ef-5gsn3gppnsc? ef-5gauthkeys?
        ef-uac-aic? ef-suci-calc-info? ef-opl5g? ef-supi-nai? ef-routing-indicator? ef-ursp? ef-tn3gppsnn?
        df-df-saip? ef-suci-calc-info-usim?
        """,
    )
