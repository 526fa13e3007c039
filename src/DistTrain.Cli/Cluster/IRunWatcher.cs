using DistTrain.Client;
using DistTrain.Page.Data;

namespace DistTrain.Cli.Cluster;

/// <summary>Looks on while a run lasts.</summary>
internal interface IRunWatcher
{
    /// <summary>An event of its job.</summary>
    void Seen(JobEvent next);

    /// <summary>A line of its log.</summary>
    void Happened(RunLogLine line);
}
