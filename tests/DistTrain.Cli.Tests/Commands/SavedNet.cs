using System.Globalization;
using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Models;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>The tanh net of <c>hessian.json</c> as a user has it: its rows as a table, the weights of a point as a model file.</summary>
internal sealed class SavedNet : IDisposable
{
    private static readonly JsonElement File = Vectors.Read("hessian.json").RootElement;

    private readonly TempFolder _folder = new();

    /// <param name="point">Whose weights; null: zeros, of whatever net the settings make of it.</param>
    /// <param name="settings">Further settings of the job.</param>
    public SavedNet(string? point, params string[] settings)
    {
        WriteRows("train.csv");
        WriteRows("test.csv");
        Job = JobFile.Read(null, "defaults", ["dataset={name: csv, path: " + _folder.Path + "}", "model={name: custom, layers: [linear: 5, tanh, linear: 3]}", "microBatch=4", .. settings]).Job!;
        Layout = ModelBlueprint.Of(Job.Spec, [4], 3).Layout;
        Write(point is null ? new float[Layout.Length] : VectorAt(point));
    }

    public TrainingJob Job { get; }

    public ParameterLayout Layout { get; }

    public string Model => _folder["model.safetensors"];

    public string Folder => _folder.Path;

    public static JsonElement At(string point) => File.GetProperty(point);

    public static double[] Numbers(JsonElement array) => array.GetProperty("data").Numbers();

    public void Write(float[] vector)
    {
        using var file = System.IO.File.Create(Model);
        SafeTensorsWriter.Write(file, Layout, vector, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(Job) });
    }

    /// <summary>A model file takes the place of the net's.</summary>
    public void MoveTo(string file) => System.IO.File.Copy(file, Model, overwrite: true);

    public void Dispose() => _folder.Dispose();

    private float[] VectorAt(string point)
    {
        var (vector, at) = (new float[Layout.Length], 0);
        var theta = Numbers(At(point).GetProperty("theta"));
        foreach (var segment in Layout.Segments.Where(segment => !segment.IsBuffer))
        {
            for (var i = 0; i < segment.Length; i++)
                vector[segment.Offset + i] = (float)theta[at++];
        }

        return vector;
    }

    private void WriteRows(string name)
    {
        var labels = Numbers(File.GetProperty("y"));
        var rows = Numbers(File.GetProperty("X")).Chunk(4).Zip(labels, (row, label) => string.Join(',', row.Append(label).Select(x => x.ToString("R", CultureInfo.InvariantCulture))));
        System.IO.File.WriteAllLines(_folder[name], rows);
    }
}
