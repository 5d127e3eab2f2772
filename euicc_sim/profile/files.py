"""Creating files: template elements with their default files, and generic file management.

Spec: SAIP sections on file system elements and PE-GenericFileManagement
"""

from euicc_sim.profile import image
from euicc_sim.profile.fcp import Fcp, Shape, Writes, first_content, read_fcp, shape_of
from euicc_sim.profile.image import FileEntry
from euicc_sim.profile.staging import FILE_OCTETS, Staging, naa_of
from euicc_sim.profile.status import PeStatus
from euicc_sim.profile.structure import Element, ElementError, bad_format, bad_values, integer, octets
from euicc_sim.profile.templates import Base, Kind, Template, TemplateFile
from wire.tlv import Tlv

_DO_NOT_CREATE, _FILE_DESCRIPTOR, _FILL_OFFSET, _FILL_CONTENT = 0x80, 0xA1, 0x82, 0x83
_PATH, _CREATE, _OFFSET, _CONTENT = 0x80, 0x62, 0x02, 0x81
_NO_FCP = Fcp()


def create_from_template(staging: Staging, element: Element, template: Template, components: list[Tlv | None]) -> None:
    """Create what a template element lists and, where its template is created by default, what it leaves out."""
    base = _base(staging, template)
    top: int | None = None
    directory = base
    for entry, component in zip(template.files, components, strict=True):
        parent = directory
        if entry.is_directory:
            parent = base if top is None or entry.application else top
        if component is None and (entry.required or not _is_default(template, entry)):
            if entry.required and (template.by_default or entry is template.files[0]):
                raise bad_format(f"{entry.name} is missing")
            if entry.is_directory:
                directory = _existing(staging, parent, entry)
            continue
        if parent is None and not (entry.is_directory and template.base is Base.NOWHERE):
            raise bad_values(f"the directory of {entry.name} does not exist")
        number = _create(staging, element, template, entry, component, parent or image.ROOT)
        if entry.is_directory:
            directory = number
            if entry is template.files[0]:
                top = number


def _is_default(template: Template, entry: TemplateFile) -> bool:
    """Whether a file is created without being listed: default templates do so where they know its content."""
    return template.by_default and (entry.is_directory or (entry.size is not None and entry.default is not None))


def _base(staging: Staging, template: Template) -> int | None:
    if template.base is Base.NOWHERE:
        if staging.has_mf:
            raise bad_values("the MF exists already")
        return None
    if not staging.has_mf:
        raise bad_values("there is no MF yet")
    return image.ROOT if template.base is Base.MF else staging.current_naa(template.base).number


def _existing(staging: Staging, parent: int | None, entry: TemplateFile) -> int | None:
    """The directory of a template that an element does not list, if it was created before."""
    if parent is None or entry.fid is None:
        return None
    return staging.children.get(parent, {}).get(entry.fid)


def _create(
    staging: Staging, element: Element, template: Template, entry: TemplateFile, component: Tlv | None, parent: int
) -> int | None:
    """Create one template file; its number, or None if the element says doNotCreate."""
    fcp, writes = _read_file(element, component)
    if fcp is None:
        return None
    try:
        if entry.is_directory:
            return create_directory(staging, element, fcp, parent, entry, template.naa)
        has_content = bool(writes.pieces) or fcp.pattern is not None or fcp.link
        if entry.required and not has_content:
            raise bad_values("content must be supplied")
        return create_ef(staging, fcp, parent, writes, entry)
    except ElementError as error:
        error.message = f"{entry.name}: {error.message}"
        raise


def _read_file(element: Element, component: Tlv | None) -> tuple[Fcp | None, Writes]:
    """A File: its Fcp (None for doNotCreate) and what it writes."""
    fcp, writes = _NO_FCP, Writes([])
    for number, item in enumerate(component.children if component else ()):
        if item.tag == _FILL_CONTENT:
            writes.write(item.value)
        elif item.tag == _FILL_OFFSET:
            writes.skip(integer(item, "fillFileOffset", 0xFFFF))
        elif item.tag == _FILE_DESCRIPTOR and number == 0:
            fcp = read_fcp(element, item)
        elif item.tag == _DO_NOT_CREATE and component is not None and len(component.children) == 1 and not item.value:
            return None, writes
        elif item.tag in (_FILE_DESCRIPTOR, _DO_NOT_CREATE):
            raise bad_values("doNotCreate or fileDescriptor is out of place")
        else:
            element.unknown(item)
    return fcp, writes


def create_directory(
    staging: Staging,
    element: Element,
    fcp: Fcp,
    parent: int,
    template: TemplateFile | None = None,
    naa: Base | None = None,
) -> int:
    """Create MF, DF or ADF; its number. An ADF becomes the current application of its kind."""
    if fcp.kind not in (None, Kind.DIRECTORY):
        raise bad_values("file descriptor of an EF for a directory")
    if fcp.size is not None or fcp.has_sfi or fcp.pattern is not None or fcp.maximum_size:
        raise bad_values("size, SFI or pattern for a directory")
    is_application = bool(fcp.aid) if template is None else template.application
    if is_application and not fcp.aid:
        raise bad_values("dfName of the application is missing")
    fid = fcp.fid if fcp.fid is not None or template is None else template.fid
    if fid is None and not is_application:
        raise bad_values("fileID is missing")
    number = staging.next_number()
    if number == image.ROOT and fid != image.FID_MF:
        raise bad_values("the first file is not the MF")
    link = None
    if fcp.link:
        if "dfLink" not in element.services:
            raise ElementError(PeStatus.FEATURE_NOT_SUPPORTED, "dfLink")
        link = _link_target(staging, fcp.link, is_directory=True)
        if staging.is_inside(link, parent):
            raise bad_values("linkPath leads to a directory around this one")
    staging.take(FILE_OCTETS + len(fcp.aid) + len(fcp.pin_references or b""))
    parent = image.ROOT if is_application else parent
    staging.add_file(
        FileEntry(
            number=number,
            parent=parent,
            fid=fid,
            descriptor=0x78 if fcp.descriptor is None else fcp.descriptor,
            lcs=fcp.lcs,
            special=fcp.special or 0,
            link=link,
            arr=_arr_reference(staging, fcp.arr, parent, template),
            aid=fcp.aid,
            pin_references=fcp.pin_references or b"",
        )
    )
    if is_application:
        staging.naas.append((naa or naa_of(fcp.aid), number))
    if element.new_directory is None:
        element.new_directory = number
    if link is not None:
        share_children(staging, number, link)
    return number


def complete_links(staging: Staging) -> None:
    """At the end of a package: linked directories get the files that their targets got after the link was made."""
    before = -1
    while before != len(staging.files):
        before = len(staging.files)
        for entry in staging.files[:before]:
            if entry.is_directory and entry.link is not None:
                share_children(staging, entry.number, entry.link)


def _owner(staging: Staging, number: int) -> int:
    """The directory at the end of a chain of links."""
    while (link := staging.files[number].link) is not None:
        number = link
    return number


def _refuse_circle(staging: Staging, directory: int, shared: int) -> None:
    """A directory may not come to stand inside itself."""
    owner = _owner(staging, shared)
    while True:
        if _owner(staging, directory) == owner:
            raise bad_values("links of directories lead in a circle")
        if directory == image.ROOT:
            return
        directory = staging.files[directory].parent


def share_children(staging: Staging, directory: int, target: int) -> None:
    """Give a linked directory the files that its target has now; own ones must have other identifiers."""
    for fid, number in list(staging.children[target].items()):
        if fid in staging.children[directory]:
            continue
        original = staging.files[number]
        if original.aid:
            continue
        if original.is_directory:
            _refuse_circle(staging, directory, number)
        twin = FileEntry(
            number=staging.next_number(),
            parent=directory,
            fid=fid,
            descriptor=original.descriptor,
            record_octets=original.record_octets,
            size=original.size,
            sfi=original.sfi,
            lcs=original.lcs,
            special=original.special,
            details=original.details,
            link=number,
            arr=original.arr,
            pin_references=original.pin_references,
            maximum_size=original.maximum_size,
        )
        staging.take(FILE_OCTETS + len(twin.pin_references))
        staging.add_file(twin)
        if twin.is_directory:
            share_children(staging, twin.number, number)


def _link_target(staging: Staging, path: bytes, is_directory: bool) -> int:
    target = staging.find(path)
    if target is None or target.is_directory is not is_directory:
        raise bad_values(f"linkPath {path.hex().upper()} leads to no such file")
    return target.number if target.link is None else target.link


def _arr_reference(staging: Staging, arr: bytes | None, parent: int, template: TemplateFile | None) -> bytes:
    """File identifier and record of the access rule; one octet and template defaults mean the default EF.ARR."""
    if arr is not None and len(arr) == 3:
        return arr
    if arr is not None:
        record = arr[0]
    elif template is not None and template.arr_record is not None:
        record = template.arr_record
    else:
        raise bad_values("securityAttributesReferenced is missing")
    inside = staging.has_mf and staging.inside_application(parent)
    return (b"\x6f\x06" if inside else b"\x2f\x06") + bytes((record,))


def create_ef(staging: Staging, fcp: Fcp, parent: int, writes: Writes, template: TemplateFile | None = None) -> int:
    """Create an EF with its first content; its number."""
    if fcp.kind is Kind.DIRECTORY or fcp.aid or fcp.pin_references is not None:
        raise bad_values("file control parameters of a directory for an EF")
    fid = fcp.fid if fcp.fid is not None or template is None else template.fid
    if fid is None:
        raise bad_values("fileID is missing")
    number = staging.next_number()
    link = None
    content: bytes | None = None
    if fcp.link:
        link = _link_target(staging, fcp.link, is_directory=False)
        if writes.pieces:
            raise bad_values("content for a linked file")
        target = staging.files[link]
        shape = Shape(target.descriptor, target.record_octets, target.size)
        if fcp.kind not in (None, target.kind):
            raise bad_values("file descriptor differs from that of the linked file")
        staging.take(FILE_OCTETS)
        maximum_size = target.maximum_size
    else:
        shape = shape_of(fcp, template, writes)
        maximum_size = fcp.maximum_size
        staging.take(FILE_OCTETS + max(shape.size, int.from_bytes(maximum_size, "big")))
        pattern = fcp.pattern or (template.default if template else None)
        content = first_content(shape, pattern, writes)
    special = fcp.special
    if special is None:
        special = 0x80 if template is not None and template.high_update else 0x00
    entry = FileEntry(
        number=number,
        parent=parent,
        fid=fid,
        descriptor=shape.descriptor,
        record_octets=shape.record_octets,
        size=shape.size,
        sfi=_sfi(fcp, fid, template),
        lcs=fcp.lcs,
        special=special,
        details=fcp.details,
        link=link,
        arr=_arr_reference(staging, fcp.arr, parent, template),
        maximum_size=maximum_size,
    )
    staging.add_file(entry, content)
    return number


def _sfi(fcp: Fcp, fid: int, template: TemplateFile | None) -> int:
    """The short file identifier, 0 for none; without one a managed file has the low five bits of its identifier."""
    if fcp.has_sfi:
        return fcp.sfi or 0
    if template is not None:
        return template.sfi or 0
    return fid & 0x1F if fid & 0x1F != 0x1F else 0


def manage_files(staging: Staging, element: Element, commands: Tlv) -> None:
    """fileManagementCMD of PE-GenericFileManagement: paths, creations, offsets and contents in order."""
    for sequence in commands.children:
        if sequence.tag != 0x30:
            element.unknown(sequence)
            continue
        _FileManager(staging, element).run(sequence)


class _FileManager:
    """One FileManagement sequence: a current directory, and an EF that is being filled."""

    def __init__(self, staging: Staging, element: Element) -> None:
        self.staging = staging
        self.element = element
        self.directory: int | None = image.ROOT if staging.has_mf else None
        self.created: Fcp | None = None
        self.filled: FileEntry | None = None
        self.writes = Writes([])

    def run(self, sequence: Tlv) -> None:
        for command in sequence.children:
            if command.tag == _CONTENT:
                self.writes.write(command.value)
            elif command.tag == _OFFSET:
                self.writes.skip(integer(command, "fillFileOffset", 0xFFFF))
            elif command.tag == _PATH:
                self._flush()
                self._select(octets(command, "filePath", 0, 8))
            elif command.tag == _CREATE:
                self._flush()
                self._begin(read_fcp(self.element, command))
            else:
                self.element.unknown(command)
        self._flush()

    def _select(self, path: bytes) -> None:
        entry = self.staging.find(path) if len(path) % 2 == 0 else None
        if entry is None:
            raise bad_values(f"filePath {path.hex().upper()} leads to no file")
        if entry.is_directory:
            self.directory, self.filled = entry.number, None
        else:
            self.directory, self.filled = entry.parent, entry

    def _begin(self, fcp: Fcp) -> None:
        kind = fcp.kind
        if kind is None:
            raise bad_values("createFCP without fileDescriptor")
        self.filled = None
        if kind is not Kind.DIRECTORY:
            self.created = fcp
            return
        if self.directory is None and fcp.fid != image.FID_MF:
            raise bad_values("there is no MF yet")
        self.directory = create_directory(self.staging, self.element, fcp, self.directory or image.ROOT)

    def _flush(self) -> None:
        """Create or fill the EF that the commands since the last path or creation were about."""
        fcp, writes = self.created, self.writes
        self.created, self.writes = None, Writes([])
        if fcp is not None:
            if self.directory is None:
                raise bad_values("there is no MF yet")
            try:
                create_ef(self.staging, fcp, self.directory, writes)
            except ElementError as error:
                error.message = f"file {fcp.fid or 0:04X}: {error.message}"
                raise
        elif writes.pieces:
            self._fill(writes)

    def _fill(self, writes: Writes) -> None:
        """Write into an EF that exists already."""
        entry = self.filled
        if entry is None or entry.link is not None:
            raise bad_values("content without an EF of its own")
        if writes.end > entry.size:
            raise bad_values(f"content ends at octet {writes.end} of a file of {entry.size} octets")
        content = bytearray(self.staging.contents[entry.number])
        for position, piece in writes.pieces:
            if position > len(content):
                content.extend(bytes(position - len(content)))
            content[position : position + len(piece)] = piece
        self.staging.contents[entry.number] = bytes(content)
