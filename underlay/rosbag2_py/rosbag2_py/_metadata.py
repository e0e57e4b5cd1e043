"""`metadata.yaml` of a bag, version 9 of rosbag2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from ._qos import qos_from_dict, qos_to_dict
from ._storage import BagMetadata, FileInformation, TopicInformation, TopicMetadata

FILE_NAME = "metadata.yaml"
_ROOT = "rosbag2_bagfile_information"


class _Dumper(yaml.SafeDumper):
    """Writes equal lists twice: rosbag2's readers know no YAML anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def qos_profiles_text(topic: TopicMetadata) -> str:
    """Return the offered qualities of service as storage files carry them."""
    profiles = [qos_to_dict(profile) for profile in topic.offered_qos_profiles]
    return yaml.dump(profiles, Dumper=_Dumper, sort_keys=False).strip() if profiles else ""


def metadata_to_dict(metadata: BagMetadata) -> dict[str, Any]:
    """Return the content below the root key."""
    return {
        "version": metadata.version,
        "storage_identifier": metadata.storage_identifier,
        "duration": {"nanoseconds": metadata.duration},
        "starting_time": {"nanoseconds_since_epoch": metadata.starting_time},
        "message_count": metadata.message_count,
        "topics_with_message_count": [
            {
                "topic_metadata": {
                    "name": info.topic_metadata.name,
                    "type": info.topic_metadata.type,
                    "serialization_format": info.topic_metadata.serialization_format,
                    "offered_qos_profiles": [
                        qos_to_dict(profile) for profile in info.topic_metadata.offered_qos_profiles
                    ],
                    "type_description_hash": info.topic_metadata.type_description_hash,
                },
                "message_count": info.message_count,
            }
            for info in metadata.topics_with_message_count
        ],
        "compression_format": metadata.compression_format,
        "compression_mode": metadata.compression_mode,
        "relative_file_paths": metadata.relative_file_paths,
        "files": [
            {
                "path": file.path,
                "starting_time": {"nanoseconds_since_epoch": file.starting_time},
                "duration": {"nanoseconds": file.duration},
                "message_count": file.message_count,
            }
            for file in metadata.files
        ],
        "custom_data": metadata.custom_data or None,
        "ros_distro": metadata.ros_distro,
    }


def metadata_text(metadata: BagMetadata) -> str:
    """Return the content below the root key as YAML."""
    return yaml.dump(metadata_to_dict(metadata), Dumper=_Dumper, sort_keys=False)


def write_metadata(folder: Path, metadata: BagMetadata) -> None:
    """Write `metadata.yaml`; whoever reads meanwhile sees the old file or the new one."""
    text = yaml.dump({_ROOT: metadata_to_dict(metadata)}, Dumper=_Dumper, sort_keys=False)
    path = folder / FILE_NAME
    draft = folder / f".{FILE_NAME}"
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:  # no room for a second file: the blocks of the old one may do
        draft.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")


def read_metadata(folder: Path) -> BagMetadata:
    """Return what `metadata.yaml` of a bag says; RuntimeError if it is absent or not readable."""
    path = folder / FILE_NAME
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)[_ROOT]
        return _parse(content, folder)
    except OSError as error:
        raise RuntimeError(f"Could not read the metadata of bag '{folder}': {error}") from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuntimeError(f"'{path}' is no metadata of a bag: {error!r}") from error


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _parse(content: dict[str, Any], folder: Path) -> BagMetadata:
    paths = [str(path) for path in content["relative_file_paths"]]
    files = [
        FileInformation(
            file["path"],
            file["starting_time"]["nanoseconds_since_epoch"],
            file["duration"]["nanoseconds"],
            file["message_count"],
        )
        for file in content.get("files") or []
    ]
    topics = [
        TopicInformation(_parse_topic(index, entry["topic_metadata"]), entry["message_count"])
        for index, entry in enumerate(content["topics_with_message_count"], 1)
    ]
    return BagMetadata(
        version=content["version"],
        bag_size=sum(os.path.getsize(folder / path) for path in paths if (folder / path).exists()),
        storage_identifier=content["storage_identifier"],
        relative_file_paths=paths,
        files=files,
        duration=content["duration"]["nanoseconds"],
        starting_time=content["starting_time"]["nanoseconds_since_epoch"],
        message_count=content["message_count"],
        topics_with_message_count=topics,
        compression_format=content.get("compression_format") or "",
        compression_mode=content.get("compression_mode") or "",
        custom_data=content.get("custom_data") or {},
        ros_distro=content.get("ros_distro") or "",
    )


def _parse_topic(index: int, entry: dict[str, Any]) -> TopicMetadata:
    offered = entry.get("offered_qos_profiles") or []
    if isinstance(offered, str):  # before version 9
        offered = yaml.load(offered, Loader=_LOADER) or []
    return TopicMetadata(
        index,
        entry["name"],
        entry["type"],
        entry["serialization_format"],
        [qos_from_dict(profile) for profile in offered],
        entry.get("type_description_hash") or "",
    )
