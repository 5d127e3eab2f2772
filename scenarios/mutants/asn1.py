"""Broken SM-DP+ and SM-DS in the ASN.1 binding."""

from typing import Final

from scenarios.mutants.model import Mutant as M

HTTP, MESSAGES = "smdp.web.asn1", "smdp.web.asn1_messages"
_FIRST: Final = "smdp.asn1"
_DS: Final = "smds.asn1"
_ERROR: Final = "result = tlv(0x81, bytes((_UNDEFINED_ERROR if code is None else code,)))"
_ANSWER: Final = "return tlv(RESPONSE, tlv(function.answer_tag or function.tag, result))"
_BODY: Final = "return web.Response(body=body, headers=headers, content_type=CONTENT_TYPE)"
_ACKNOWLEDGED: Final = "return web.Response(status=204, headers=headers)"

MUTANTS: Final = (
    # errors
    M("asn1.error.always_undefined", MESSAGES, _ERROR, "result = tlv(0x81, bytes((_UNDEFINED_ERROR,)))", _FIRST),
    M("asn1.error.counted_from_0", MESSAGES, _ERROR, "result = tlv(0x81, bytes(((code or 128) - 1,)))", _FIRST),
    M("asn1.error.universal_tag", MESSAGES, _ERROR, _ERROR.replace("0x81", "0x02"), _FIRST),
    M(
        "asn1.error.explicit_tag",
        MESSAGES,
        _ERROR,
        f"{_ERROR}\n        result = tlv(0xA1, tlv(0x02, result[2:]))",
        _FIRST,
    ),
    M("asn1.error.two_octets", MESSAGES, _ERROR, f"{_ERROR}\n        result = tlv(0x81, b'\\0' + result[2:])", _FIRST),
    M("asn1.error.is_success", MESSAGES, _ERROR, 'result = tlv(0xA0, b"")', _FIRST),
    M("asn1.error.is_http_400", MESSAGES, _ERROR, 'raise DecodeError("A2", 0, str(code))', _FIRST),
    M(
        "asn1.error.malformed_is_http_400",
        MESSAGES,
        "raise FunctionRefused(GENERIC.MALFORMED_ELEMENT, str(error)) from error",
        'raise DecodeError("A2", 0, str(error)) from error',
        _FIRST,
    ),
    # answers
    M("asn1.answer.no_envelope", MESSAGES, _ANSWER, "return tlv(function.answer_tag or function.tag, result)", _FIRST),
    M("asn1.answer.one_tag_for_all", MESSAGES, _ANSWER, "return tlv(RESPONSE, tlv(0xBF39, result))", _FIRST),
    M("asn1.answer.request_envelope", MESSAGES, "REQUEST = RESPONSE = 0xA2", "REQUEST, RESPONSE = 0xA2, 0xA3", _FIRST),
    M(
        "asn1.answer.signature_first",
        MESSAGES,
        "            response.serverSigned1,\n            response.serverSignature1,\n",
        "            response.serverSignature1,\n            response.serverSigned1,\n",
        _FIRST,
    ),
    M(
        "asn1.answer.transaction_as_text",
        MESSAGES,
        "            tlv(0x80, response.transactionId),\n            response.serverSigned1,\n",
        "            tlv(0x80, str(response.transactionId).encode()),\n            response.serverSigned1,\n",
        _FIRST,
    ),
    M(
        "asn1.answer.pkid_untagged",
        MESSAGES,
        "            response.euiccCiPKIdToBeUsed,\n",
        "            response.euiccCiPKIdToBeUsed[2:],\n",
        _FIRST,
    ),
    M("asn1.answer.no_metadata", MESSAGES, "            response.profileMetadata,\n", "", _FIRST),
    M(
        "asn1.answer.package_without_transaction",
        MESSAGES,
        "return tlv(0x80, response.transactionId) + response.boundProfilePackage",
        "return bytes(response.boundProfilePackage)",
        _FIRST,
    ),
    M("asn1.answer.cancelled_with_null", MESSAGES, 'lambda _: b""', 'lambda _: b"\\x05\\x00"', _FIRST),
    # requests
    M("asn1.request.any_tag", MESSAGES, "parse(raw, REQUEST).children", "parse(raw).children", _FIRST),
    M(
        "asn1.request.trailing_octets",
        MESSAGES,
        "    alternatives = parse(raw, REQUEST).children\n",
        "    raw = raw[: raw[1] + 2] if raw[1:2] and raw[1] < 128 else raw\n    alternatives = parse(raw, REQUEST).children\n",
        _FIRST,
    ),
    M("asn1.request.any_number", MESSAGES, "if len(alternatives) != 1:", "if not alternatives:", _FIRST),
    M(
        "asn1.request.members_exact",
        MESSAGES,
        "    address = choice.child(0x83)\n",
        "    _, address, _ = choice.children\n",
        _FIRST,
    ),
    M(
        "asn1.request.cancel_as_in_es10",
        MESSAGES,
        "cancelSessionResponse=tlv(0xBF41, choice.at(1, 0xA1).value)",
        "cancelSessionResponse=choice.at(1, 0xBF41).raw",
        _FIRST,
    ),
    M(
        "asn1.request.cancel_either_way",
        MESSAGES,
        "cancelSessionResponse=tlv(0xBF41, choice.at(1, 0xA1).value)",
        "cancelSessionResponse=tlv(0xBF41, choice.children[1].value)",
        _FIRST,
    ),
    M(
        "asn1.request.notification_unwrapped",
        MESSAGES,
        "notifications = choice.at(0, 0xA0).children",
        "notifications = choice.children",
        _FIRST,
    ),
    # HTTP
    M("asn1.http.json_type", HTTP, _BODY, _BODY.replace("CONTENT_TYPE", '"application/json"'), _FIRST),
    M("asn1.http.no_protocol", HTTP, _BODY, _BODY.replace("headers=headers, ", ""), _FIRST),
    M("asn1.http.acknowledged_200", HTTP, _ACKNOWLEDGED, _ACKNOWLEDGED.replace("204", "200"), _FIRST),
    M("asn1.http.acknowledged_bare", HTTP, _ACKNOWLEDGED, "return web.Response(status=204)", _FIRST),
    M("asn1.http.notification_forgotten", HTTP, "            notify(choice)\n", "", _FIRST),
    M(
        "asn1.http.notification_refused",
        HTTP,
        '            _log.warning("notification ignored: %s", error)\n',
        "            raise\n",
        _FIRST,
    ),
    M("asn1.http.malformed_200", HTTP, "status=400, text=str(error)", "status=200, text=str(error)", _FIRST),
    M(
        "asn1.http.unknown_function",
        HTTP,
        '            raise DecodeError("A2", choice.offset, f"function {choice.tag:X} is unknown")\n',
        "            return web.Response(body=choice.raw, headers=headers, content_type=CONTENT_TYPE)\n",
        _FIRST,
    ),
    M(
        "asn1.http.type_to_the_letter",
        HTTP,
        "        raw = await request.read()\n",
        '        if request.headers.get("Content-Type") != CONTENT_TYPE:\n            return web.Response(status=415)\n'
        "        raw = await request.read()\n",
        _FIRST,
    ),
    M(
        "asn1.http.empty_204",
        HTTP,
        "        raw = await request.read()\n",
        "        raw = await request.read()\n        if not raw:\n            return web.Response(status=204)\n",
        _FIRST,
    ),
    M(
        "asn1.http.on_every_path",
        "smdp.web.es9",
        "app.router.add_post(PREFIX + name, binding.function(model, method))",
        "app.router.add_post(PREFIX + name, asn1.handler(server))",
        "smdp.asn1.http",
    ),
    M(
        "asn1.http.server_error",
        HTTP,
        "        except DecodeError as error:\n            return web",
        "        except TypeError as error:\n            return web",
        _FIRST,
    ),
    # the SM-DS
    M(
        "asn1.ds.tag_of_es9",
        MESSAGES,
        "smds.authenticate_client, _events, 0xBF40)",
        "smds.authenticate_client, _events)",
        _DS,
    ),
    M("asn1.ds.events_untagged", MESSAGES, "+ tlv(0xA1, *entries)", '+ b"".join(entries)', _DS),
    M(
        "asn1.ds.address_first",
        MESSAGES,
        "tlv(0x80, entry.eventId.encode()), tlv(0x81, entry.rspServerAddress.encode())",
        "tlv(0x80, entry.rspServerAddress.encode()), tlv(0x81, entry.eventId.encode())",
        _DS,
    ),
    M(
        "asn1.ds.acknowledges",
        HTTP,
        "if choice.tag == _HANDLE_NOTIFICATION and notify is not None:\n            notify(choice)\n",
        "if choice.tag == _HANDLE_NOTIFICATION:\n            if notify:\n                notify(choice)\n",
        _DS,
    ),
)
