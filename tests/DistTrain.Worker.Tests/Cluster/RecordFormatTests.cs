using System.Text.Json.Nodes;
using DistTrain.Protocol.Formats;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>A job's record says its version, in every store.</summary>
[Trait("Kind", "Fast")]
public sealed class RecordFormatTests
{
    private static readonly JobRecord _record = new() { JobFile = "kind: TrainingJob", Phase = JobPhase.Running, SealedSteps = [1, 2] };

    [Fact]
    public void It_says_it_and_one_from_before_is_read()
    {
        var json = JsonNode.Parse(RecordFormat.Write(_record))!.AsObject();
        Assert.Equal(2, (int)json["format"]!);
        Assert.Equivalent(_record, RecordFormat.Read<JobRecord>(json.ToJsonString(), "cluster.db"), strict: true);
        json.Remove("format");
        Assert.Equivalent(_record, RecordFormat.Read<JobRecord>(json.ToJsonString(), "cluster.db"), strict: true);
    }

    [Fact]
    public void One_of_a_later_version_is_refused_in_a_file_and_in_Redis()
    {
        var json = JsonNode.Parse(RecordFormat.Write(_record))!.AsObject();
        json["format"] = 3;
        const string Reason = "a record of the cluster of version 3, and this program reads versions 1 to 2; use the version of DistTrain that wrote it";
        Assert.Equal($"cluster.db: {Reason}", Assert.Throws<UnknownFormatException>(() => RecordFormat.Read<JobRecord>(json.ToJsonString(), "cluster.db")).Message);
        Assert.Equal(
            $"the cluster's Redis: JobRecord: {Reason}",
            Assert.Throws<UnknownFormatException>(() => new RecordFormat().Deserialize<JobRecord>(new BinaryData(json.ToJsonString()))).Message);
    }
}
